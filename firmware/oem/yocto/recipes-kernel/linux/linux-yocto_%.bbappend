# The options of the kernel that Usher needs. For a kernel of another name copy
# these two lines into a bbappend of that name.
FILESEXTRAPATHS:prepend := "${USHER_KERNEL}:"
SRC_URI += "file://usher.cfg"
