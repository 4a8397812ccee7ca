import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { type CsvValue, saveCsv } from '../../lib/csv.ts'
import { count } from '../../lib/format.ts'
import { Panel } from '../panel.tsx'
import styles from './chart.module.css'

export interface ChartRow {
  readonly key: string
  readonly cells: readonly CsvValue[]
  /** What stands in the table in the place of the cells: doors to the rows. */
  readonly shown?: readonly ReactNode[]
}

/** The numbers that a chart is drawn from. */
export interface ChartTable {
  readonly label: string
  /** The first is the name of a row. */
  readonly columns: readonly string[]
  readonly rows: readonly ChartRow[]
  /** Of the file, without its ending. */
  readonly file: string
}

interface ChartPanelProps {
  readonly title: string
  readonly note?: ReactNode
  readonly aside?: ReactNode
  readonly table: ChartTable
  readonly children: ReactNode
}

/** A chart, the same numbers as a table, and as a file. */
export function ChartPanel({ title, note, aside, table, children }: ChartPanelProps) {
  const [isTable, setIsTable] = useState(false)
  return (
    <Panel
      title={title}
      aside={
        <>
          {aside}
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label={`${title}: ${isTable ? 'chart' : 'table'}`}
            onClick={() => setIsTable(!isTable)}
          >
            {isTable ? 'Chart' : 'Table'}
          </Button>
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label={`${title}: CSV`}
            onClick={() =>
              saveCsv(
                `${table.file}.csv`,
                table.columns,
                table.rows.map(row => row.cells),
              )
            }
          >
            CSV
          </Button>
        </>
      }
    >
      {isTable ? <NumbersTable table={table} /> : children}
      {note !== undefined && <p className={styles.note}>{note}</p>}
    </Panel>
  )
}

function NumbersTable({ table }: { table: ChartTable }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.scroll} tabIndex={0} aria-label={`Numbers of ${table.label}`}>
      <table className={styles.table} aria-label={table.label}>
        <thead>
          <tr>
            {table.columns.map(column => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map(row => (
            <tr key={row.key}>
              {(row.shown ?? row.cells.map(textOf)).map((cell, index) =>
                index === 0 ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                  <th key={index} scope="row">
                    {cell}
                  </th>
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                  <td key={index}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function textOf(value: CsvValue): string {
  if (value === null) return '–'
  return typeof value === 'number' ? count(Math.round(value * 10) / 10) : String(value)
}
