#!/usr/bin/env node
console.log('caravan', process.version, process.argv.slice(2));
