### About this product

about-product = onshi { $version } is an open implementation of Japan's online insurance eligibility system.
about-official = It is not an official product and is connected with no authority.
about-sources = What it is built from
about-design-system = The pages use the design tokens of the Digital Agency design system and follow its ideas with components of their own (source: デジタル庁デザインシステムウェブサイト).
about-font = Text is shown in a font made from Noto Sans CJK JP, with the kanji of JIS X 0213 (levels 1 to 4) and their variants by variation selectors.
about-licences = Full licence texts

### Self-update

update-heading = Updates
update-installed = Version installed
update-waiting = Update waiting
update-looked = Last look at the center
update-last = Last update
update-stopped = Why none is installed
update-put-off = Update put off
update-put-off-why = Patients were received (until { $until }), so it was not installed. It is installed when the PC is switched off after reception.
update-none = none
update-ended-installed = Updated from { $from } to { $to }.
update-ended-not-installed = { $to } could not be installed; back to { $from }.
update-ended-self-check = { $to } failed its self-check; back to { $from }.
update-ended-not-running = A part did not start with { $to }; back to { $from }.
update-ended-cut-off = The update to { $to } was cut off; { $from } is installed. If { $to } is newer, it is tried again.
