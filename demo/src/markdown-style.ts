/** How Markdown looks while it is written: classes for the style sheet, so that light and dark need no second editor. */
import { HighlightStyle } from '@codemirror/language'
import { tags } from '@lezer/highlight'

export const markdownStyle: HighlightStyle = HighlightStyle.define([
  { tag: tags.heading1, class: 'md-heading-1' },
  { tag: tags.heading2, class: 'md-heading-2' },
  { tag: [tags.heading3, tags.heading4, tags.heading5, tags.heading6], class: 'md-heading-3' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.emphasis, class: 'md-emphasis' },
  { tag: tags.strikethrough, class: 'md-strikethrough' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: tags.quote, class: 'md-quote' },
  { tag: tags.link, class: 'md-link' },
  // Marks such as `#`, `**` and `-`, and addresses: there, but not in the way.
  { tag: [tags.processingInstruction, tags.url, tags.labelName, tags.contentSeparator, tags.meta], class: 'md-mark' },
])
