/** A row that cannot become a finding; the reason is for a person. */
export class UnreadableRow extends Error {}
