import type { Actor } from '../store/audit.ts'
import {
  createSource,
  listSources,
  type NewSource,
  removeSource,
  type Source,
  type SourceChange,
  type SourceDeps,
  updateSource,
} from '../store/sources.ts'

/** The configured places, and who changes them. */
export interface Sources {
  list(): Promise<readonly Source[]>
  create(source: NewSource, actor: Actor): Promise<Source>
  update(sourceId: number, change: SourceChange, actor: Actor): Promise<Source>
  remove(sourceId: number, actor: Actor): Promise<Source>
}

export function sourcesOf(deps: SourceDeps): Sources {
  return {
    list: () => listSources(deps.database),
    create: (source, actor) => createSource(deps, source, actor),
    update: (sourceId, change, actor) => updateSource(deps, sourceId, change, actor),
    remove: (sourceId, actor) => removeSource(deps, sourceId, actor),
  }
}
