/** Draws a {@link StatusView} into the page: the three steps, the headline, the connection and the details. */
import { find, type Page } from './page.ts'
import type { StatusView } from './status-view.ts'

export function drawStatus(page: Page, view: StatusView): void {
  for (const { place, state, words } of view.steps) {
    const step = find(`[data-step="${place}"]`, HTMLElement, page.steps)
    step.dataset['state'] = state
    setText(find('[data-step-state]', HTMLElement, step), `: ${words}`)
  }
  setText(page.headline, view.headline)
  page.headlineButton.dataset['tone'] = view.tone
  setText(page.pendingCount, view.pending > 999 ? '999+' : String(view.pending))
  page.pending.dataset['count'] = String(view.pending)
  page.connection.dataset['state'] = view.connection.state
  setText(page.connectionText, view.connection.text)
  page.connection.title = view.connection.reason ?? view.connection.text
  page.details.replaceChildren(
    ...view.details.flatMap(([term, description]) => [text('dt', term), text('dd', description)]),
  )
  page.problem.hidden = view.problem === undefined
  setText(page.problem, view.problem ?? '')
  page.rejected.hidden = view.rejected === 0
}

/** Writes only what changed: a text that is set again is read out again by some screen readers. */
function setText(element: HTMLElement, value: string): void {
  if (element.textContent !== value) element.textContent = value
}

function text(tag: 'dt' | 'dd', value: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = value
  return element
}
