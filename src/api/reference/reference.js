// The search of the reference page: every word must be somewhere in an operation. The address keeps what was searched for.

const form = document.querySelector('form')
const input = document.querySelector('input')
const found = document.querySelector('.found')
const sections = [...document.querySelectorAll('[data-words]')]
const links = new Map([...document.querySelectorAll('nav a')].map(link => [link.hash.slice(1), link.parentElement]))

function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
  let count = 0
  for (const section of sections) {
    const isFound = words.every(word => section.dataset.words.includes(word))
    section.hidden = !isFound
    const link = links.get(section.id)
    if (link) link.hidden = !isFound
    if (isFound && section.classList.contains('operation')) count += 1
  }
  for (const group of document.querySelectorAll('[data-group]')) {
    group.hidden = !group.querySelector('[data-words]:not([hidden]), li:not([hidden])')
  }
  found.textContent = count === 1 ? '1 operation' : `${count} operations`
  const address = new URL(location.href)
  if (words.length === 0) address.searchParams.delete('q')
  else address.searchParams.set('q', input.value.trim())
  history.replaceState(null, '', address)
}

input.value = new URL(location.href).searchParams.get('q') ?? ''
input.addEventListener('input', search)
form.addEventListener('submit', event => event.preventDefault())
addEventListener('keydown', event => {
  if (event.key !== '/' || event.target === input || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  input.focus()
})
search()
