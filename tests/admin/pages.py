"""Reading a page as a browser does: what its form would send, and where its links lead."""

from html.parser import HTMLParser


class _Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.inline_scripts, self.handlers = {}, [], [], []
        self._form = self._select = self._textarea = self._script = None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.handlers += [name for name in given if name.startswith("on")]
        if tag == "form":
            self._form = self.forms.setdefault(given.get("id") or f"form-{len(self.forms)}", {})
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "script" and not given.get("src"):
            self._script = given.get("type") or "text/javascript"
        elif self._form is not None and "disabled" not in given:
            self._read_field(tag, given)

    def _read_field(self, tag, given):
        name = given.get("name")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in ("submit", "button", "file", "image") or (
                kind in ("checkbox", "radio") and "checked" not in given
            ):
                return
            self._put(name, given.get("value", "on" if kind in ("checkbox", "radio") else ""))
        elif tag == "select" and name:
            self._select = [name, None, None, "multiple" in given]
        elif tag == "option" and self._select is not None:
            value = given.get("value", "")
            if "selected" in given and self._select[3]:
                self._put(self._select[0], value)
            elif "selected" in given:
                self._select[1] = value
            elif self._select[2] is None:
                self._select[2] = value
        elif tag == "textarea" and name:
            self._textarea = [name, ""]

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "script":
            self._script = None
        elif tag == "select" and self._select is not None:
            name, chosen, first, multiple = self._select
            if not multiple and (chosen is not None or first is not None):
                self._put(name, chosen if chosen is not None else first)
            self._select = None
        elif tag == "textarea" and self._textarea is not None:
            self._put(self._textarea[0], self._textarea[1].removeprefix("\n"))
            self._textarea = None

    def handle_data(self, data):
        if self._textarea is not None:
            self._textarea[1] += data
        if self._script is not None and data.strip() and "json" not in self._script:
            self.inline_scripts.append(data.strip()[:80])

    def _put(self, name, value):
        if name in self._form:
            known = self._form[name]
            self._form[name] = [*(known if isinstance(known, list) else [known]), value]
        else:
            self._form[name] = value


def read_page(response):
    """Return the page: `forms` by id, `links`, and the `inline_scripts` and `handlers` that the CSP would refuse."""
    page = _Page()
    page.feed(response.content.decode())
    return page


def form_values(response, form_id=None):
    """Return what a browser would send of this form, unchanged; the only form but the sign-out one without an id."""
    forms = {name: fields for name, fields in read_page(response).forms.items() if name != "logout-form"}
    return dict(forms[form_id]) if form_id else dict(next(iter(forms.values())))


def text_of(response):
    """Return the page's text, with entities resolved and white space folded."""
    texts = []

    class Texts(HTMLParser):
        def handle_data(self, data):
            texts.append(data)

    Texts(convert_charrefs=True).feed(response.content.decode())
    return " ".join(" ".join(texts).split())
