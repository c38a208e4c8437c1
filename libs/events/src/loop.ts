import { Logger } from '@nestjs/common';

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 5_000;

/**
 * Runs `turn` until it is stopped. `turn` returns for how many milliseconds there is nothing to do (0: go on); `wake`
 * ends the pause. After a throw it pauses longer and longer, so that a database that is away is not hammered.
 */
export class Loop {
  private readonly logger = new Logger('loop');
  private stopping = false;
  private woken = false;
  private endPause: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly name: string,
    private readonly turn: () => Promise<number>,
  ) {}

  start(): void {
    this.running = this.run();
  }

  wake(): void {
    this.woken = true;
    this.endPause?.();
  }

  /** Resolves when the turn in hand has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    while (!this.stopping) {
      this.woken = false;
      try {
        const pause = await this.turn();
        backoff = FIRST_BACKOFF_MS;
        if (pause > 0) await this.pause(pause);
      } catch (error) {
        this.logger.warn(`${this.name}: ${(error as Error).message}; trying again in ${backoff} ms`);
        await this.pause(backoff);
        backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
      }
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    if (this.woken) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, milliseconds);
      this.endPause = () => {
        clearTimeout(timer);
        done();
      };
    });
    this.endPause = undefined;
  }
}
