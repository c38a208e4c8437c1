/** A part of the report, which is written as Markdown and as a page. */
export interface Section {
  readonly title: string;
  /** Markdown. */
  readonly paragraphs: readonly string[];
  readonly tables?: readonly Table[];
  readonly charts?: readonly Chart[];
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Drawn on the page only: the tables have the same figures. */
export interface Chart {
  readonly title: string;
  readonly kind: 'bars' | 'stacked bars' | 'lines';
  readonly unit: string;
  /** Of the bars, or of the horizontal axis. */
  readonly labels: readonly string[];
  /** What the labels of lines count. */
  readonly across?: string;
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  readonly logarithmic?: boolean;
}

export const milliseconds = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
export const mebibytes = (bytes: number) => (bytes / 1_048_576).toFixed(0);
export const times = (value: number) => `${value.toFixed(2)}x`;
