export const weekDays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type WeekDay = (typeof weekDays)[number]

/** When nothing may start, week after week, on the wall clock of the schedule's zone. */
export interface BlackoutWindow {
  /** Days on which it begins. */
  readonly days: readonly WeekDay[]
  /** `HH:MM` */
  readonly from: string
  /** `HH:MM`, up to 24:00; earlier than `from` means on the next day. */
  readonly to: string
}

export const scheduleKinds = ['full', 'delta'] as const
export type ScheduleKind = (typeof scheduleKinds)[number]
