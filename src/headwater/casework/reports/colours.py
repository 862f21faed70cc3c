from headwater.core.colours import colours

colours(host="azure", office="blue", accepted="teal", returned="yellow")
colours(records="green", self="yellow", replaced="azure")
