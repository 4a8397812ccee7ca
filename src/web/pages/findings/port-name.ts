/** `443/tcp`; a finding of the host itself has no port. */
export function portName({ port, protocol }: { port: number; protocol: string }): string {
  return port === 0 ? 'host' : `${port}/${protocol}`
}
