/** What is left out of the bundles: what packages bring along and nobody here uses. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** zod's messages in fifty languages: ours are our own. */
const englishAlone: Plugin = {
  name: 'english-alone',
  setup(it) {
    it.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};

/** smtp-server's certificate, whose key everybody has: no secret, and nothing that should be found where secrets are looked for. */
const noKeyOfOthers: Plugin = {
  name: 'no-key-of-others',
  setup(it) {
    it.onLoad({ filter: /[\\/]smtp-server[\\/]dist[\\/]esm[\\/]tls-options\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g, ''),
      loader: 'js',
    }));
  },
};

/**
 * undici's parsers, each twice: for processors with SIMD, and for those without, which x64 and arm64 have not been for fifteen years.
 * Without them the first request says so.
 */
const simdAlone: Plugin = {
  name: 'simd-alone',
  setup(it) {
    it.onLoad({ filter: /[\\/]undici[\\/]lib[\\/](milo[\\/]no-simd|llhttp[\\/]llhttp-wasm)\.js$/ }, () => ({
      contents:
        "throw new Error('This bundle needs a processor with SIMD, as x64 and arm64 have; run from the sources on others');",
      loader: 'js',
    }));
  },
};

/** It asks for the name of a class, of which a bundle keeps none. */
const classesWithoutNames: Plugin = {
  name: 'classes-without-names',
  setup(it) {
    it.onLoad({ filter: /@peculiar[\\/]asn1-schema[\\/]build[\\/]\w+[\\/]parser\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(/(\S+)\.constructor\.name === "Sequence"/, '$1 instanceof asn1js.Sequence');
      // Certificates would be read wrongly, and nothing else would tell.
      if (contents === source) throw new Error(`${path} asks for the names of classes in another way now`);
      return { contents, loader: 'js' };
    });
  },
};

/** A function's credentials are in its environment; a server's may be anywhere that the AWS tools look. */
const credentialsFromEnvironment: Plugin = {
  name: 'credentials-from-environment',
  setup(it) {
    it.onLoad({ filter: /@aws-sdk[\\/]credential-provider-(ini|sso|login|process|web-identity|http)[\\/]/ }, () => ({
      contents: 'module.exports = {};',
      loader: 'js',
    }));
  },
};

const EVERYWHERE = [englishAlone, simdAlone, classesWithoutNames];
export const SERVER_PLUGINS: Plugin[] = [...EVERYWHERE, noKeyOfOthers];
export const FUNCTION_PLUGINS: Plugin[] = [...EVERYWHERE, credentialsFromEnvironment];
