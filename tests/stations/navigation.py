from headwater.core.navigation import NAVIGATION, Module

NAVIGATION.add("stations", Module("台站", "stations.list", "stations", 540))
