import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { FindingDetail } from '../../../contract/findings.ts'
import { Folded, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icons.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { Reference } from '../../components/reference.tsx'
import { score } from '../../lib/format.ts'
import { visibleText } from '../../lib/visible-text.ts'
import styles from './plugin-facts.module.css'

type Plugin = NonNullable<FindingDetail['plugin']>

const list = '/vulnerabilities/tenable'

/** What the check is, how to mend what it found, and where more is written. */
export function PluginFacts({ plugin }: { plugin: Plugin }) {
  return (
    <>
      {plugin.synopsis !== null && <Prose title="Synopsis" text={plugin.synopsis} />}
      {plugin.solution !== null && <Prose title="Solution" text={plugin.solution} isCopyable />}
      {plugin.description !== null && <Prose title="Description" text={plugin.description} />}
      <Section
        title="Plugin"
        aside={
          <Link to={list} search={{ plugin_id: [plugin.plugin_id] }}>
            All findings of this plugin
          </Link>
        }
      >
        <Facts
          facts={[
            ['ID', plugin.plugin_id],
            ['Family', plugin.family && <OutsideName text={plugin.family} />],
            ['Type', plugin.type && <OutsideName text={plugin.type} />],
            ['Risk factor', plugin.risk_factor],
            ['Exploit', plugin.exploitability_ease && <OutsideName text={plugin.exploitability_ease} />],
            ['Exploit frameworks', plugin.exploit_frameworks.join(', ')],
            ['Used by malware', plugin.exploited_by_malware && 'yes'],
            ['In the news', plugin.in_the_news && 'yes'],
            ['No longer supported', plugin.unsupported_by_vendor && 'yes'],
            [
              'CVSS v3',
              plugin.cvss3_base_score !== null && <Cvss base={plugin.cvss3_base_score} vector={plugin.cvss3_vector} />,
            ],
            [
              'CVSS v4',
              plugin.cvss4_base_score !== null && <Cvss base={plugin.cvss4_base_score} vector={plugin.cvss4_vector} />,
            ],
            [
              'CVSS v2',
              plugin.cvss2_base_score !== null && <Cvss base={plugin.cvss2_base_score} vector={plugin.cvss2_vector} />,
            ],
            ['Vulnerability published', plugin.vuln_published_at && <Ago at={plugin.vuln_published_at} />],
            ['Patch published', plugin.patch_published_at && <Ago at={plugin.patch_published_at} />],
            ['Plugin published', plugin.published_at && <Ago at={plugin.published_at} />],
            ['Plugin changed', plugin.modified_at && <Ago at={plugin.modified_at} />],
          ]}
        />
      </Section>
      {plugin.cves.length > 0 && (
        <Section title="CVE">
          <div className={styles.row}>
            {plugin.cves.map(cve => (
              <Link key={cve} to={list} search={{ cve: [cve] }} className="mono">
                <OutsideName text={cve} />
              </Link>
            ))}
          </div>
        </Section>
      )}
      {plugin.see_also.length > 0 && (
        <Section title="References">
          <ul className={styles.references}>
            {plugin.see_also.map(reference => (
              <li key={reference}>
                <Reference text={reference} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {plugin.xrefs.length > 0 && (
        <Folded title={`Cross references (${plugin.xrefs.length})`}>
          <div className={`${styles.row} mono`}>
            {plugin.xrefs.map(reference => (
              <OutsideName key={reference} text={reference} />
            ))}
          </div>
        </Folded>
      )}
      {plugin.vpr !== null && (
        <Folded title="What drives the VPR">
          <OutsideText label="VPR drivers" text={JSON.stringify(plugin.vpr, null, 2)} />
        </Folded>
      )}
    </>
  )
}

function Prose({ title, text, isCopyable = false }: { title: string; text: string; isCopyable?: boolean }) {
  return (
    <Section title={title} aside={isCopyable && <Copy what={title.toLowerCase()} text={text} />}>
      <p className={styles.prose} dir="auto">
        {visibleText(text)}
      </p>
    </Section>
  )
}

function Copy({ what, text }: { what: string; text: string }) {
  return (
    <CopyButton value={text} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy the ${what}`}>
          <ActionIcon variant="subtle" color="gray" aria-label={`Copy the ${what}`} onClick={copy}>
            <Icon name={copied ? 'check' : 'copy'} />
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}

function Cvss({ base, vector }: { base: number; vector: string | null }) {
  return (
    <>
      {score(base)}
      {vector !== null && (
        <div className="mono dim">
          <OutsideName text={vector} />
        </div>
      )}
    </>
  )
}
