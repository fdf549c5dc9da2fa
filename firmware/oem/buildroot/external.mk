include $(sort $(wildcard $(BR2_EXTERNAL_USHER_PATH)/package/*/*.mk))
