#!/usr/bin/env -S node --max-semi-space-size=8
// The command line: `npx caravan …`. CommonJS (package.json beside this) and without a type, so that an older Node can read it and say so.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `caravan: This is Node ${process.versions.node}, and Caravan needs Node 24: \`npm ci\` brings one along, which \`npx caravan\` uses.\n`,
  );
  process.exit(1);
}

// Whoever reads the output has read enough, as `head` does: nothing failed, and nobody is left to be told.
process.stdout.on('error', (error) => {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
  process.exit();
});

void import('../lib/cli/index.ts').then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(2));
});
