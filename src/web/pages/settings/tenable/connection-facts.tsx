import type { SourceView } from '../../../../contract/sources.ts'
import { Facts } from '../../../components/facts.tsx'
import { Ago } from '../../../components/instant.tsx'
import { OutsideName } from '../../../components/outside-text.tsx'
import { sourceKindLabels } from '../../../lib/source-kinds.ts'

/** What the source said of itself, and what is kept of its keys. */
export function ConnectionFacts({ source }: { source: SourceView }) {
  return (
    <Facts
      facts={[
        ['Platform', sourceKindLabels[source.kind]],
        ['Address', <OutsideName key="a" text={source.base_url} />],
        ['Access key', source.has_credentials ? `ends in ${source.access_key_hint ?? '…'}; sealed` : 'none'],
        ['Role of the key', source.role],
        ['Container', source.container_name !== null && <OutsideName key="c" text={source.container_name} />],
        ['Met as', source.fingerprint !== null && <OutsideName key="f" text={source.fingerprint} />],
        ['Kept by', source.managed_by === 'environment' ? 'the environment' : 'people'],
        ['Last complete run', <Ago key="l" at={source.last_sync_at} fallback="never" />],
        ['Changed', <Ago key="u" at={source.updated_at} />],
      ]}
    />
  )
}
