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

export const pluginsFor = (deployable: string): Plugin[] => [
  englishAlone,
  deployable === 'server' ? noKeyOfOthers : credentialsFromEnvironment,
];
