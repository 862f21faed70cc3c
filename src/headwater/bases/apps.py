"""Bases of research: laboratories, infrastructure, stations, makerspaces, incubators."""

from headwater.core.apps import App


class BasesConfig(App):
    name = "headwater.bases"
    verbose_name = "科技基地"
    also = (
        *("parts", "tables.rights", "tables.audit", "tables.invariants"),
        *("standards.checks", "standards.permissions", "standards.duties"),
        *("incubation.tables", "incubation.assessing", "incubation.figures", "incubation.sources"),
        *(
            "stations.colours",
            "stations.tables",
            "stations.figures",
            "stations.sources",
            "stations.tabs",
            "stations.evidence",
            "stations.audit",
        ),
        *("facilities.tables", "facilities.figures", "facilities.tabs", "facilities.evidence", "facilities.audit"),
        *("postdocs.tables", "postdocs.evidence", "postdocs.audit"),
        *("layout.navigation", "commissioning.duties", "indicators_infrastructure"),
        *("incubation.tabs", "incubation.evidence", "incubation.audit"),
        *("people.tables", "labs.tables", "labs.sources", "cultivation.tables", "tabs", "checking"),
    )
