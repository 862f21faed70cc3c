from headwater.core.colours import colours

colours(draft="secondary", approval="yellow", published="green", finished="secondary", cancelled="secondary")
colours(upcoming="azure", open="green", reviewing="blue", decided="indigo", notice="teal", released="secondary")
colours(
    host_review="azure",
    recommending="azure",
    received="blue",
    not_accepted="red",
    recheck="yellow",
    accepted="teal",
    invited="yellow",
)
colours(
    in_review="blue",
    reviewed="blue",
    panel="indigo",
    proposed="teal",
    not_proposed="secondary",
    publicity="teal",
    objection="yellow",
)
colours(approved="green", rejected="secondary", withdrawn="secondary", expired="secondary", not_endorsed="secondary")
colours(clear="green", eyes="yellow", faulty="red")
colours(passed="green", unknown="yellow", skipped="secondary")
colours(signed="green", outdated="yellow")
colours(upheld="red", dismissed="secondary")
colours(submit="green", restore="blue", **{"return": "yellow"}, withdraw="yellow")
