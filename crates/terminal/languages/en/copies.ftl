### Today's results (copies): what is seen while the center is out of reach

copies = Today's results (copies)
copies-result = Result of the check (copy)
copies-title = This is a copy, not a check of now
copies-of-result = The center does not answer. Shown is a copy of what it answered at { $at } ({ $age }). The coverage may have changed since.
copies-of-list = The center does not answer. Shown are copies of today's answers that were seen here since you signed in. The coverages may have changed since.
copies-answered = Answered then
copies-answer-was = At { $at } ({ $age }) the answer was "{ $verdict }".
copies-was = was "{ $verdict }"
copies-do = Do not decide by this copy alone: look at the eligibility certificate or other papers. Check again when the center is reached.
copies-limits = What others or other PCs checked is here only if it was seen on these pages. Search and CSV files wait for the center. Copies go when you sign out, when nobody does anything for a while, and at midnight.
copies-at = Answered at
copies-age = Age
copies-answer = Result then
copies-age-minutes = { $minutes } min ago
copies-age-hours = { $hours } h { $minutes } min ago
copies-mark = COPY { $at }
