import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '#database';
import { EndedEarly, type RunningProcess, startMonolith } from '../support/monolith.js';

const LOOK_AGAIN_MS = 20;
const ENTRY = 'dist/test/delivery/process.js';

/** Keeps one process running on one port: whenever it is killed, by us or by itself, it is started again. */
export class Supervisor {
  private process: RunningProcess | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;
  private leaving = false;
  private halted = Promise.withResolvers<void>();
  /** When it ended without being asked to. */
  readonly kills: Date[] = [];
  /** Set if the process ended in a way that nobody wanted. */
  failure: Error | undefined;

  private constructor(
    private readonly settings: Record<string, string>,
    readonly url: string,
  ) {}

  static async start(settings: Record<string, string>, onPort?: number): Promise<Supervisor> {
    const port = onPort ?? (await freePort());
    const supervisor = new Supervisor({ ...settings, PORT: String(port) }, `http://127.0.0.1:${port}`);
    supervisor.running = supervisor.startProcess();
    await supervisor.running;
    return supervisor;
  }

  /** Resolves while the process answers, as far as we know. */
  async open(): Promise<void> {
    await new Promise((done) => setImmediate(done)); // lets the end of the process be noticed first
    await this.running;
    if (this.failure) throw this.failure;
  }

  /** kill -9, and the next start. With `database`: the postmaster and its children at the same moment. */
  kill(database: boolean): void {
    const victims = [this.process?.pid ?? 0, ...(database ? this.databaseProcesses() : [])];
    for (const pid of victims) process.kill(pid, 'SIGKILL');
  }

  /** For what is not its end: SIGSTOP and SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.process?.pid ?? 0, signal);
  }

  /** Resident memory, in bytes. */
  get memory(): number {
    const pages = Number(readFileSync(`/proc/${this.process?.pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4_096;
  }

  /** Asks it to end; it is not started again before `resume`. */
  async halt(): Promise<void> {
    this.leaving = true;
    this.halted = Promise.withResolvers<void>();
    await this.process?.stop();
    await new Promise((done) => setImmediate(done)); // lets its end be noticed
  }

  async resume(): Promise<void> {
    this.halted.resolve();
    await this.running;
    this.leaving = false;
  }

  async stop(): Promise<void> {
    await this.running;
    this.stopping = true;
    const ended = await this.process?.stop();
    if (ended !== 0) throw new Error(`The process ended with ${ended}:\n${this.process?.output()}`);
  }

  /** For a test that has failed: leaves nothing behind. */
  async abandon(): Promise<void> {
    this.stopping = true;
    await this.process?.stop().catch(() => undefined);
  }

  private async startProcess(): Promise<void> {
    const started = await this.startUntilItListens();
    this.process = started;
    void started.ended.then((end) => {
      if (this.stopping) return;
      if (end !== 'SIGKILL' && !(this.leaving && end === 0))
        this.failure = new Error(`The process ended by itself (${end}):\n${started.output()}`);
      if (!this.leaving) this.kills.push(new Date());
      const allowed = this.leaving ? this.halted.promise : Promise.resolve();
      this.running = this.failure ? Promise.resolve() : allowed.then(() => this.startProcess());
      this.running.catch((error: Error) => (this.failure = error));
    });
  }

  /** A process with a fault may kill itself while it starts: its relays run before it listens. */
  private async startUntilItListens(): Promise<RunningProcess> {
    for (;;) {
      try {
        const started = await startMonolith(this.settings, ENTRY);
        await this.ready(started);
        return started;
      } catch (error) {
        if (!(error instanceof EndedEarly) || error.end !== 'SIGKILL') throw error;
        this.kills.push(new Date());
      }
    }
  }

  /** As a gateway sees it: requests with an access token are answered from then on. */
  private async ready(started: RunningProcess): Promise<void> {
    let ended: number | NodeJS.Signals | undefined;
    void started.ended.then((end) => (ended = end));
    for (;;) {
      if (ended !== undefined) throw new EndedEarly(ended, started.output());
      const reply = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      await reply?.body?.cancel();
      if (reply?.ok) return;
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
    }
  }

  private databaseProcesses(): number[] {
    const postmaster = Number(
      readFileSync(join(this.settings['DATA_DIR'] ?? '', 'postgres/postmaster.pid'), 'utf8').split('\n')[0],
    );
    const children = execFileSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    return [postmaster, ...children];
  }
}
