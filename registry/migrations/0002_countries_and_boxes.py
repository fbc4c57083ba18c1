"""Fill the countries of ISO 3166-1, and index what the ORM cannot: boundary boxes and search words."""

from django.db import migrations
from django_countries.data import COUNTRIES
from django_countries import Countries

# Kosovo has a user-assigned code; the registries list projects there.
EXTRA_COUNTRIES = (("XK", "XKX", "Kosovo"),)


def fill_countries(apps, schema_editor):
    country_model = apps.get_model("registry", "Country")
    source = Countries()
    rows = [
        country_model(code=code, alpha3=source.alpha3(code), name=str(source.name(code)))
        for code in COUNTRIES
        if code not in {extra[0] for extra in EXTRA_COUNTRIES}
    ]
    rows += [country_model(code=code, alpha3=alpha3, name=name) for code, alpha3, name in EXTRA_COUNTRIES]
    country_model.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        migrations.RunPython(fill_countries, migrations.RunPython.noop),
        migrations.RunSQL(
            sql=(
                "CREATE INDEX registry_project_bbox_idx ON registry_project USING gist"
                " (box(point(bbox_west, bbox_south), point(bbox_east, bbox_north)))"
                " WHERE bbox_west IS NOT NULL"
            ),
            reverse_sql="DROP INDEX registry_project_bbox_idx",
        ),
    ]
