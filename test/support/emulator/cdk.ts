/** The CDK's own command line against the emulator, on templates that were fitted to it. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { compileCache } from '../compile-cache.ts';
import { fitEmulator, type Template } from './left-out.ts';
import { ACCOUNT, type Moto } from './moto.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const MOTO_LINES = 40;

const run = promisify(execFile);

export class Cdk {
  readonly #moto: Moto;
  /** For what the command line keeps for itself. */
  readonly #home: string;

  constructor(moto: Moto, home: string) {
    this.#moto = moto;
    this.#home = home;
  }

  /**
   * As `cdk synth` runs the app; then what the emulator cannot hold is taken out, and the image, which takes Docker to build. What the
   * templates were is in `<stack>.whole.json`.
   */
  async synthesize(
    config: string,
    out: string,
    zone: { readonly written: string; readonly made: string },
  ): Promise<void> {
    const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
    const { PATH } = process.env;
    await run(process.execPath, ['bin/app.mts'], {
      cwd: ROOT,
      env: {
        PATH,
        HOME: this.#home,
        ...compileCache(),
        CDK_OUTDIR: out,
        CDK_VALIDATION: 'false',
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, config }),
      },
    });
    for (const name of readdirSync(out).filter((it) => it.endsWith('.template.json'))) {
      const file = join(out, name);
      const template = JSON.parse(readFileSync(file, 'utf8').replaceAll(zone.written, zone.made)) as Template;
      writeFileSync(file, JSON.stringify(fitEmulator(template)));
      writeFileSync(file.replace('.template.json', '.whole.json'), JSON.stringify(template));
    }
    for (const name of readdirSync(out).filter((it) => it.endsWith('.assets.json'))) {
      const file = join(out, name);
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), dockerImages: {} }));
    }
  }

  bootstrap(region: string): Promise<string> {
    return this.#run('bootstrap', `aws://${ACCOUNT}/${region}`);
  }

  /** Without a change set, of which moto makes no outputs; and with each parameter by its default, since it forgets those. */
  deploy(out: string, stack: string): Promise<string> {
    const asMotoCan = ['--method', 'direct', '--no-previous-parameters'];
    return this.#run('deploy', stack, '--app', out, '--require-approval', 'never', ...asMotoCan);
  }

  /** That stack alone: pools come one after the other, and those after it would go too. */
  destroy(out: string, stack: string): Promise<string> {
    return this.#run('destroy', stack, '--exclusively', '--app', out, '--force');
  }

  async #run(...words: readonly string[]): Promise<string> {
    const { PATH } = process.env;
    const { stdout, stderr } = await this.#tell(
      run(process.execPath, [CDK, ...words, '--no-notices'], {
        cwd: this.#home,
        env: {
          PATH,
          HOME: this.#home,
          ...compileCache(),
          CI: 'true',
          AWS_ENDPOINT_URL: this.#moto.endpoint,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_REGION: 'us-east-1',
          // What fails is told, and not begun again: moto takes the second time for done.
          AWS_MAX_ATTEMPTS: '1',
        },
      }),
    );
    return stdout + stderr;
  }

  /** What failed is told with what moto said last: its own errors are tracebacks. */
  async #tell<Result>(promise: Promise<Result>): Promise<Result> {
    try {
      return await promise;
    } catch (cause) {
      throw new Error(`${String(cause)}\n${this.#moto.lines.slice(-MOTO_LINES).join('\n')}`, { cause });
    }
  }
}
