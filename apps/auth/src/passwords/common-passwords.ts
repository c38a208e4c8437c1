import { Injectable } from '@nestjs/common';

/** The zxcvbn-ts list of the most common leaked passwords, in lower case. */
@Injectable()
export class CommonPasswords {
  private list: Promise<ReadonlySet<string>> | undefined;

  /** Compares after NFKC normalisation, ignoring case. Any other difference makes a different password. */
  async has(password: string): Promise<boolean> {
    this.list ??= load();
    return (await this.list).has(password.normalize('NFKC').toLowerCase());
  }
}

/** Called on the first registration, not at startup, because loading takes time. */
async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = (await import('@zxcvbn-ts/language-common')).default;
  const passwords: readonly (string | number)[] = dictionary['passwords-common'];
  return new Set(passwords.map((password) => String(password).toLowerCase()));
}
