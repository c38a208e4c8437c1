import { Logger } from '@nestjs/common';

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 5_000;

/**
 * Calls `turn` repeatedly until it is stopped. `turn` returns the pause before the next call in ms; `wake` ends
 * the pause. After errors the pause grows exponentially, so that an unavailable database is not overloaded.
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

  /** Resolves when the current turn has ended. */
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
        this.logger.warn(`${this.name}: ${(error as Error).message}; retrying in ${backoff} ms`);
        await this.pause(backoff);
        backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
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
