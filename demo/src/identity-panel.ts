/** The panel in which somebody changes their name and colour. Each change counts at once; there is nothing to save. */
import { palette, parseHexColour } from './colour.ts'
import { parseName, type Identity } from './identity.ts'
import type { Page } from './page.ts'

export function bindIdentityPanel(page: Page, initial: Identity, onChange: (identity: Identity) => void): void {
  let identity = initial
  const change = (next: Identity): void => {
    identity = next
    onChange(identity)
  }
  page.nameInput.value = identity.name
  page.nameInput.addEventListener('input', () => {
    // While the field is empty, the name before it stays.
    const name = parseName(page.nameInput.value)
    if (name !== undefined) change({ ...identity, name })
  })
  page.nameInput.addEventListener('blur', () => {
    page.nameInput.value = identity.name
  })
  page.identityForm.addEventListener('submit', (event) => {
    event.preventDefault()
    page.identityForm.closest<HTMLElement>('[popover]')?.hidePopover()
  })
  page.swatches.replaceChildren(...palette.map(({ name, hex }) => swatch(name, hex, hex === identity.colour)))
  page.swatches.addEventListener('change', (event) => {
    const colour = event.target instanceof HTMLInputElement ? parseHexColour(event.target.value) : undefined
    if (colour !== undefined) change({ ...identity, colour })
  })
}

function swatch(name: string, hex: string, checked: boolean): HTMLElement {
  const label = document.createElement('label')
  label.className = 'swatch'
  label.style.setProperty('--peer', hex)
  label.title = name
  const input = document.createElement('input')
  input.type = 'radio'
  input.name = 'colour'
  input.value = hex
  input.checked = checked
  input.setAttribute('aria-label', name)
  label.append(input)
  return label
}
