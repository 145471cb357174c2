/** The codec of each class of resources. */
import type { ResourceClass, ResourceCodec } from '../items/index.ts';

const CODECS: Readonly<Partial<Record<ResourceClass, ResourceCodec>>> = {};

export const codecOf = (itemClass: ResourceClass): ResourceCodec | undefined => CODECS[itemClass];
