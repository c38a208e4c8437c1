import type { INestApplicationContext } from '@nestjs/common';
import type { CommandOptions } from '#runtime';
import type { Command } from 'commander';

/** Runs `work` with all services instantiated, without HTTP server and event delivery. */
export type WithServices = <T>(
  work: (services: INestApplicationContext) => Promise<T>,
  options?: CommandOptions,
) => Promise<T>;

/** Adds commands to the program. */
export type Commands = (program: Command, withServices: WithServices) => void;
