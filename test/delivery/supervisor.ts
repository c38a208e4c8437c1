import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '#database';
import { EndedEarly, type RunningProcess, startMonolith } from '../support/platform/monolith.js';

const POLL_INTERVAL_MS = 20;
const ENTRY = 'dist/test/delivery/process.js';

/** Keeps one process running on one port: it is restarted whenever it was killed, by the test or by itself. */
export class Supervisor {
  private process: RunningProcess | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;
  private halting = false;
  private halted = Promise.withResolvers<void>();
  /** Times at which the process ended although it was not stopped. */
  readonly kills: Date[] = [];
  /** Set if the process ended, but was neither stopped nor killed. */
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

  /** Resolves when the process is running, as far as is known. Throws if it has failed. */
  async whenRunning(): Promise<void> {
    await new Promise((done) => setImmediate(done)); // until an end of the process has been noticed
    await this.running;
    if (this.failure) throw this.failure;
  }

  /** Resolves when the process is ready: also after a database that it needs was away. */
  async whenReady(): Promise<void> {
    await this.whenRunning();
    if (this.process) await this.ready(this.process);
  }

  /**
   * kill -9. The process is restarted. With `database`, the postmaster and its children are killed at the same moment.
   */
  kill(database: boolean): void {
    const victims = [this.process?.pid ?? 0, ...(database ? this.databaseProcesses() : [])];
    for (const pid of victims) process.kill(pid, 'SIGKILL');
  }

  /** Sends a signal that does not end the process: SIGSTOP or SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.process?.pid ?? 0, signal);
  }

  /** Resident memory, in bytes. */
  get memory(): number {
    const pages = Number(readFileSync(`/proc/${this.process?.pid}/statm`, 'utf8').split(' ')[1]);
    return pages * 4_096;
  }

  /** Stops the process, which is not restarted before `resume`. */
  async halt(): Promise<void> {
    this.halting = true;
    this.halted = Promise.withResolvers<void>();
    await this.process?.stop();
    await new Promise((done) => setImmediate(done)); // until its end has been noticed
  }

  async resume(): Promise<void> {
    this.halted.resolve();
    await this.running;
    this.halting = false;
  }

  async stop(): Promise<void> {
    await this.running;
    this.stopping = true;
    const ended = await this.process?.stop();
    if (ended !== 0) throw new Error(`The process ended with ${ended}:\n${this.process?.output()}`);
  }

  /** Cleans up after a test that may have failed: stops the process and ignores errors. */
  async abandon(): Promise<void> {
    this.stopping = true;
    await this.process?.stop().catch(() => undefined);
  }

  private async startProcess(): Promise<void> {
    const started = await this.startUntilListening();
    this.process = started;
    void started.ended.then((end) => {
      if (this.stopping) return;
      if (end !== 'SIGKILL' && !(this.halting && end === 0))
        this.failure = new Error(`The process ended unexpectedly (${end}):\n${started.output()}`);
      if (!this.halting) this.kills.push(new Date());
      const allowed = this.halting ? this.halted.promise : Promise.resolve();
      this.running = this.failure ? Promise.resolve() : allowed.then(() => this.startProcess());
      this.running.catch((error: Error) => (this.failure = error));
    });
  }

  /** Starts until the process listens. One with a fault may kill itself before, since its relays already run. */
  private async startUntilListening(): Promise<RunningProcess> {
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

  /** Waits until the process is ready: from then on it accepts requests with an access token. */
  private async ready(started: RunningProcess): Promise<void> {
    let ended: number | NodeJS.Signals | undefined;
    void started.ended.then((end) => (ended = end));
    for (;;) {
      if (ended !== undefined) throw new EndedEarly(ended, started.output());
      const reply = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      await reply?.body?.cancel();
      if (reply?.ok) return;
      await new Promise((done) => setTimeout(done, POLL_INTERVAL_MS));
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
