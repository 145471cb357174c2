#!/usr/bin/env node
// The CDK app. Deployable stacks come with the cloud topologies; for now it synthesizes an empty assembly.
import { App } from 'aws-cdk-lib';

new App().synth();
