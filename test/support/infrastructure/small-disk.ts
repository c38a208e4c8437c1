import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '#database';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';

const docker = promisify(execFile);
const DATA = '/var/lib/postgresql/data';
const FILLER = `${DATA}/filler`;

/**
 * A Postgres whose disk for tables is small enough to be filled. Its write-ahead log is on another disk: without space
 * for the log, the server would stop.
 */
export class SmallDisk {
  private constructor(
    readonly url: string,
    private readonly container: StartedTestContainer,
  ) {}

  static async start(): Promise<SmallDisk> {
    const port = await freePort();
    const container = await new GenericContainer('postgres:17')
      .withExposedPorts({ container: 5432, host: port })
      .withEnvironment({ POSTGRES_PASSWORD: 'test', POSTGRES_INITDB_WALDIR: '/var/lib/postgresql/wal' })
      .withTmpFs({ [DATA]: 'rw,size=160m' })
      .withCommand(['postgres', '-c', 'max_connections=200'])
      .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
      .withStartupTimeout(120_000)
      .start();
    return new SmallDisk(`postgresql://postgres:test@127.0.0.1:${port}/postgres`, container);
  }

  /** Fills the disk completely. */
  async fill(): Promise<void> {
    await this.run(
      `dd if=/dev/zero of=${FILLER} bs=64k 2> /dev/null; dd if=/dev/zero of=${FILLER}2 bs=1k 2> /dev/null; true`,
    );
  }

  async free(): Promise<void> {
    await this.run(`rm -f ${FILLER} ${FILLER}2`);
  }

  async stop(): Promise<void> {
    await this.container.stop({ timeout: 0 });
  }

  private async run(command: string): Promise<void> {
    await docker('docker', ['exec', this.container.getId(), 'bash', '-c', command]);
  }
}
