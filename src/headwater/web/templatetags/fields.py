"""Form fields as template tags: the label, the control, its help and its error, tied together.

Every control of a page comes from here. An error stands in an element whose id the control names in `aria-describedby`, beside
the id of the help, and the control says `aria-invalid`; where several controls are one question, their fieldset names the ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.forms.boundfield import BoundWidget
from django.forms.utils import flatatt
from django.forms.widgets import ChoiceWidget
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from headwater.core.lookups import LOOKUPS, Lookup, attributes, search_link

register = template.Library()

Options = Iterable[tuple[Any, Any]]


def html_attributes(words: dict[str, Any]) -> SafeString:
    """Write attributes as HTML; an underscore in a name is a hyphen, and what is empty is left out, except a value."""
    by_name = {k.replace("_", "-"): v for k, v in words.items() if k == "value" or v not in (None, "", False)}
    return mark_safe(flatatt(by_name))  # noqa: S308 -- flatatt escapes


def tied(name: str, error: Any, hint: Any) -> dict[str, str]:
    """Return the attributes that tie a control to its error and its help."""
    ids = [f"e-{name}"] if error else []
    ids += [f"h-{name}"] if hint else []
    return {"aria_describedby": " ".join(ids), "aria_invalid": "true" if error else ""}


def counted(name: str, most: int) -> dict[str, Any]:
    """Return the attributes that make the page count a control's characters into the element `n-name`."""
    return {"data_counter": f"n-{name}", "data_max": most} if most else {}


def looked_up(which: Lookup | str) -> dict[str, Any]:
    """Return the attributes that make an input of text a look-up."""
    return {k.replace("-", "_"): v for k, v in attributes(found_lookup(which)).items()} if which else {}


def with_search(element: SafeString, which: Lookup | str) -> SafeString:
    """Add the page to search to a control, for readers without scripts."""
    return format_html("{}{}", element, search_link(found_lookup(which))) if which else element


def found_lookup(which: Lookup | str) -> Lookup:
    return which if isinstance(which, Lookup) else LOOKUPS[which]


def bare(kind: str, name: str, value: Any, options: Options | str, words: dict[str, Any]) -> SafeString:
    """Write the control alone. `kind` is textarea, select or a type of input."""
    text = "" if value is None else str(value)
    pairs = [(w, w) for w in options.split()] if isinstance(options, str) else options
    plain = "form-select" if kind == "select" else "form-control"
    classes = [plain, words.pop("class", ""), "is-invalid" if words.get("aria_invalid") else ""]
    words = {"class": " ".join(filter(None, classes)), "name": name, **words}
    if kind == "textarea":
        return format_html("<textarea{}>\n{}</textarea>", html_attributes(words), text)
    if kind == "select":
        inner = format_html_join(
            "", "<option{}>{}</option>", ((html_attributes({"value": v, "selected": str(v) == text}), w) for v, w in pairs)
        )
        return format_html("<select{}>{}</select>", html_attributes(words), inner)
    return format_html("<input{}>", html_attributes({"type": kind, **words, "value": text}))


@register.simple_tag
def control(
    kind: str,
    name: str,
    value: Any = "",
    *,
    label: str = "",
    error: str = "",
    described: str = "",
    options: Options | str = (),
    most: int = 0,
    lookup: Lookup | str = "",
    linked: bool = True,
    **words: Any,
) -> SafeString:
    """A control without a visible label, for a row of a table or a line: `label` is its accessible name.

    Its error follows it, unless `described` names the element that holds the error of several controls. A text may be a `lookup`; then
    a link to the page to search follows it, for who has no script, unless it is not `linked`.
    """
    ties = {
        "aria_describedby": described if error and described else (f"e-{name}" if error else ""),
        "aria_invalid": "true" if error else "",
    }
    element = bare(kind, name, value, options, {"aria_label": label, **words, **looked_up(lookup), **counted(name, most), **ties})
    element = with_search(element, lookup) if linked else element
    if not error or described:
        return element
    return format_html('{}<div class="invalid-feedback" id="e-{}">{}</div>', element, name, error)


@register.inclusion_tag("components/form_field.html")
def form_field(
    kind: str,
    name: str,
    label: str,
    value: Any = "",
    *,
    error: str = "",
    hint: str = "",
    required: bool = False,
    starred: bool = False,
    options: Options = (),
    box: str = "mb-3",
    most: int = 0,
    share: str = "",
    lookup: Lookup | str = "",
    **words: Any,
) -> dict[str, Any]:
    """A question of a form that no Django form holds: label, control, error and help.

    A `starred` question must be answered in the end, but the form may be saved without it; a `required` one keeps it from being sent.
    `most` characters are counted while somebody types; `share` stands small beside the label; other words are attributes of the control.
    """
    key = words.setdefault("id", f"f-{name}")
    words |= {"required": required, "aria_required": "true" if starred else "", **counted(name, most), **tied(name, error, hint)}
    element = with_search(bare(kind, name, value, options, words | looked_up(lookup)), lookup)
    return {
        "name": name,
        "id": key,
        "label": format_html('{} <span class="text-secondary">{}</span>', label, share) if share else label,
        "control": element,
        "errors": [error] if error else [],
        "hint": hint,
        "required": required or starred,
        "box": box,
        "counted": most,
    }


@register.inclusion_tag("components/choices.html")
def choices(
    name: str, label: str, options: Options, value: Any = "", *, error: str = "", hint: str = "", required: bool = False
) -> dict[str, Any]:
    """One of a few answers, all of them in sight."""
    return {
        "name": name,
        "label": label,
        "options": [(v, word, str(v) == str(value)) for v, word in options],
        "errors": [error] if error else [],
        "hint": hint,
        "required": required,
        "described": tied(name, error, hint)["aria_describedby"],
    }


@register.simple_tag
def radios(name: str, options: Options, value: Any = None, *, label: str = "") -> SafeString:
    """One of a few answers in a row of a table; `label` says to which question."""
    words = {"type": "radio", "name": name}
    inner = format_html_join(
        "",
        "<label><input{}>{}</label>",
        ((html_attributes({**words, "checked": str(v) == str(value), "value": v}), word) for v, word in options),
    )
    return format_html('<span class="hw-choice" role="radiogroup"{}>{}</span>', html_attributes({"aria_label": label}), inner)


@register.simple_tag
def pick(name: str, value: Any, label: Any, checked: Any = False, **words: Any) -> SafeString:
    """A box in a row of a table; the row says what it stands for, `label` says it to who cannot see the row."""
    words = {"type": "checkbox", "name": name, **words, "checked": bool(checked), "aria_label": label, "value": value}
    return format_html("<input{}>", html_attributes(words))


@register.simple_tag
def pick_all(label: str, form: str = "") -> SafeString:
    """The box in the head of a table that ticks every row; a phone, which shows no heads, shows it with its label."""
    words = {"type": "checkbox", "data_all": True, "form": form}
    return format_html('<label class="hw-all"><input{}><span>{}</span></label>', html_attributes(words), label)


@register.simple_block_tag
def tick(
    content: str, name: str, value: Any = "1", checked: Any = False, *, kind: str = "checkbox", box: str = "", **words: Any
) -> SafeString:
    """A box, or a round one, with the words that stand beside it; the words are the content."""
    input_attributes = {
        "class": "form-check-input",
        "type": kind,
        "name": name,
        **words,
        "checked": bool(checked),
        "value": value,
    }
    return format_html(
        '<label class="{}"><input{}><span class="form-check-label">{}</span></label>',
        f"form-check {box}".strip(),
        html_attributes(input_attributes),
        content,
    )


def small_box(box: BoundWidget) -> tuple[SafeString, str]:
    """One of the boxes of a question, and its word."""
    box.data["attrs"]["class"] = "form-check-input"
    return box.tag(), box.choice_label


@register.inclusion_tag("components/form_field.html")
def field(bound: BoundField, hint: str = "") -> dict[str, Any]:
    """A field of a Django form with its label, its help and its errors."""
    widget, help_text = bound.field.widget, hint or bound.help_text
    several = isinstance(widget, ChoiceWidget) and not isinstance(widget, Select)
    one = isinstance(widget, CheckboxInput)
    kind = (
        "form-check-input"
        if one
        else "form-select"
        if isinstance(widget, Select) and not isinstance(widget, RadioSelect)
        else "form-control"
    )
    key = bound.id_for_label or bound.auto_id
    ties = tied(key, bound.errors, help_text)
    attrs: dict[str, str | bool] = {k.replace("_", "-"): v for k, v in ties.items() if v}
    attrs["class"] = kind + (" is-invalid" if bound.errors and not one else "")
    return {
        "name": key,
        "id": key,
        "label": bound.label,
        "control": "" if several else bound.as_widget(attrs=attrs),
        "boxes": [small_box(box) for box in bound] if several else [],
        "described": ties["aria_describedby"],
        "errors": bound.errors,
        "hint": help_text,
        "required": bound.field.required,
        "box": "mb-3",
        "checkbox": one,
    }
