import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';

/** Runs work with all services at hand, and none of them serving. */
export type Visit = <T>(work: (services: INestApplicationContext) => Promise<T>) => Promise<T>;

/** Adds commands to the program. */
export type Commands = (program: Command, visit: Visit) => void;
