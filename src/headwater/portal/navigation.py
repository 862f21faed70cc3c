from django.utils.translation import gettext_lazy as _

from headwater.core.navigation import PUBLIC_PAGES, PublicPage

PUBLIC_PAGES.add("calls", PublicPage(_("申报"), "calls", 200))
PUBLIC_PAGES.add("projects", PublicPage(_("项目"), "projects", 300))
PUBLIC_PAGES.add("notices", PublicPage(_("公示"), "notices", 400))
PUBLIC_PAGES.add("data", PublicPage(_("数据"), "open_data", 900))
