### Frame and components

skip = Skip to content
language = Language
disclaimer = onshi is not an official product. All people and numbers are invented.
about = About this product
required = Required
optional = Optional
error-summary = { $count ->
    [one] Please correct one entry
   *[other] Please correct { $count } entries
}
next-page = Next page
