/**
 * A statement that lists the events that an inbox recorded after a later one of their key: those handled out of order.
 * An event that an operator has replayed is late by design.
 */
export function outOfOrder(inbox: string): string {
  return `select consumer, key, sequence, found_sequence from (
    select consumer, key, sequence, max(sequence) over (partition by consumer, topic, key order by position
      rows between unbounded preceding and 1 preceding) as found_sequence from ${inbox}) as booked
    where found_sequence > sequence`;
}
