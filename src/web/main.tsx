import '@mantine/core/styles.css'
import './app/global.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'

// The server was updated while this page was open: what the page would load next is gone. Once, not for ever.
window.addEventListener('vite:preloadError', event => {
  const reloadedAt = Number(sessionStorage.getItem('tenfold.reloaded') ?? 0)
  if (Date.now() - reloadedAt < 60_000) return
  sessionStorage.setItem('tenfold.reloaded', String(Date.now()))
  event.preventDefault()
  window.location.reload()
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
