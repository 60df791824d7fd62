"""An issue with much that a task cannot say, and the task that shows it."""

from __future__ import annotations

from sync.text import bbcode, markdown
from sync.text.sides import tracker

GITLAB = tracker(markdown.GITLAB)

ISSUE = """\
# Title

Intro with ![shot](/uploads/aa/s.png){width=600} and $a*b*c$ here.

>>>
quoted *x*
>>>

> [!warning] Data
> old words

* one
* [~] two
    1) deep
* three

<!-- nobody sees this -->
```ruby:app/x.rb
puts 1
```

```suggestion:-1+2
total
```

<details><summary>Log</summary>

inner one

inner two

</details>

|a|b|
|--|--:|
| [x] | c |

Term
: meaning

See[^1] [docs](/docs/x.md), [[Home]] and [far][f].

[^1]: Note *here*.

[[_TOC_]]

[f]: https://a.test/far
***
The end"""


def task_of(text: str) -> str:
    """The BBCode that shows an issue's text."""
    return bbcode.write(markdown.read(text))
