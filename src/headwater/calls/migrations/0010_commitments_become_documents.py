"""The four commitments of every scheme version become documents to sign; what was signed under them is kept with its words.

The heading is new: until now the form showed the words without one. A commitment whose words are not those of its scheme
version is kept with its old digest in place of the words.
"""

import hashlib
import json

from django.db import migrations

OLD = {
    "applicant": ("integrity", "科研诚信承诺书", "Commitment to Research Integrity"),
    "member": ("member", "参与者承诺书", "Commitment of Members"),
    "host": ("host", "依托单位承诺书", "Commitment of the Host"),
    "expert": ("expert", "评审专家承诺书", "Commitment of Experts"),
}
CHUNK = 2000


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(title_zh, title_en, zh, en):
    words = (title_zh, title_en, zh, en)
    names = ("title_zh", "title_en", "text_zh", "text_en")
    return {"digest": sha("\x1f".join(words)), **dict(zip(names, words, strict=True))}


def version_digest(definition):
    return sha(json.dumps(definition, ensure_ascii=False, sort_keys=True))


def documents_of(definition):
    """The commitments of a definition as documents, taken out of it."""
    words, found = definition.pop("commitments", None) or {}, []
    for party, (code, title_zh, title_en) in OLD.items():
        zh, en = words.get(f"{party}_zh"), words.get(f"{party}_en")
        if zh and en and (party != "member" or definition["scheme"].get("members_max", 10)):
            text = {"text_zh": zh.strip(), "text_en": en.strip()}
            found.append({"code": code, "title_zh": title_zh, "title_en": title_en, "signs": [party], **text})
    return found


def forward(apps, schema_editor):
    model = apps.get_model
    for version in model("calls", "SchemeVersion").objects.all():
        if "commitments" in version.definition:
            version.definition["document"] = documents_of(version.definition)
            version.digest = version_digest(version.definition)
            version.save(update_fields=["definition", "digest"])
    signatures(model)
    links(model)


def signatures(model):
    text, signature = model("calls", "DocumentText"), model("calls", "DocumentSignature")
    related = ("application__call__scheme", "application__leader", "application__host", "person", "account")
    rows = []

    def write():
        text.objects.bulk_create(
            [text(**words) for words in {r[0]["digest"]: r[0] for r in rows}.values()], ignore_conflicts=True
        )
        signature.objects.bulk_create([signature(text_id=words["digest"], **values) for words, values in rows])
        rows.clear()

    for c in model("calls", "Commitment").objects.select_related(*related).order_by("pk").iterator(chunk_size=CHUNK):
        code, title_zh, title_en = OLD[c.party]
        documents = {d["code"]: d for d in c.application.call.scheme.definition.get("document", [])}
        d = documents.get(code)
        if d is None or sha("\n".join([d["text_zh"], d["text_en"]])) != c.text_digest:
            d = {
                "text_zh": f"（原文未保存，摘要 {c.text_digest}）",
                "text_en": f"(The words were not kept; digest {c.text_digest})",
            }
        host = c.party == "host"
        signer = c.person or (None if host else c.application.leader)
        values = {
            "application_id": c.application_id,
            "document": code,
            "party": c.party,
            "person": signer,
            "organisation": c.application.host if host else None,
            "account": c.account,
            "name": signer.name_zh if signer else c.account.name_zh if c.account else c.application.host.name_zh,
            "signed_at": c.signed_at,
        }
        rows.append((text_of(title_zh, title_en, d["text_zh"], d["text_en"]), values))
        if len(rows) >= CHUNK:
            write()
    write()


def links(model):
    """Links that members were sent go on leading to their invitation."""
    link = model("calls", "Link")
    waiting = (
        model("calls", "Participant").objects.filter(confirmed_at=None).values_list("pk", "token", "application__call__closes_at")
    )
    link.objects.bulk_create(
        [link(participant_id=pk, digest=sha(token), expires_at=until) for pk, token, until in waiting], batch_size=CHUNK
    )


def backward(apps, schema_editor):
    """Each party's first document becomes its commitment again; other documents and the links are given up."""
    model = apps.get_model
    commitment = model("calls", "Commitment")
    for version in model("calls", "SchemeVersion").objects.all():
        version.definition["commitments"] = words = {}
        documents = version.definition.pop("document", [])
        version.definition.pop("referees", None)
        for party in OLD:
            first = next((d for d in documents if party in d["signs"]), {"text_zh": "—", "text_en": "—"})
            words[f"{party}_zh"], words[f"{party}_en"] = first["text_zh"].strip(), first["text_en"].strip()
        version.digest = version_digest(version.definition)
        version.save(update_fields=["definition", "digest"])
    codes = {code: party for party, (code, _zh, _en) in OLD.items()}
    rows = (
        model("calls", "DocumentSignature").objects.select_related("text").filter(document__in=codes).order_by("signed_at", "pk")
    )
    last = {}
    for s in rows.iterator(chunk_size=CHUNK):
        if s.party == codes[s.document] and s.party != "expert":
            last[s.application_id, s.party, s.person_id] = commitment(
                application_id=s.application_id,
                party=s.party,
                person_id=s.person_id,
                account_id=s.account_id,
                signed_at=s.signed_at,
                text_digest=sha(f"{s.text.text_zh}\n{s.text.text_en}"),
            )
    commitment.objects.bulk_create(last.values(), batch_size=CHUNK)


class Migration(migrations.Migration):
    dependencies = [("calls", "0009_signing")]
    operations = [migrations.RunPython(forward, backward)]
