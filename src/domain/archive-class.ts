/** Classes of data that go to the archive when they are old. */
export const archiveClasses = [
  'finding_event',
  'asset_event',
  'finding_output',
  'plugin_change',
  'export_chunk',
  'rejected_record',
  'quality_issue',
  'source_call',
  'outbox',
] as const
export type ArchiveClass = (typeof archiveClasses)[number]
