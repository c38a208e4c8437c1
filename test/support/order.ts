/**
 * A statement for the events that an inbox booked after a later one of their key: what came out of order. One that an
 * operator has replayed comes late by design.
 */
export function outOfOrder(inbox: string): string {
  return `select consumer, key, sequence, found_sequence from (
    select consumer, key, sequence, max(sequence) over (partition by consumer, topic, key order by position
      rows between unbounded preceding and 1 preceding) as found_sequence from ${inbox}) as booked
    where found_sequence > sequence`;
}
