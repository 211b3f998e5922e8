"""Usual names of networks that timm and torchvision call otherwise."""

USUAL = {
    "inception_v1": "googlenet",
    "nasnet": "nasnetalarge",
    "pnasnet": "pnasnet5large",
    "xception": "legacy_xception",
    "mobilenet_v1": "mobilenetv1_100",
    "mobilenet_v4": "mobilenetv4_conv_medium",
    "se_resnet50": "seresnet50",
    "se_resnext50": "seresnext50_32x4d",
    "resnext50": "resnext50_32x4d",
    "hrnet": "hrnet_w18",
    "dpn": "dpn68",
    "dla": "dla34",
    "res2net50": "res2net50_26w_4s",
    "dinov2_vits14": "vit_small_patch14_dinov2",
    "dinov2_vitb14": "vit_base_patch14_dinov2",
    "dinov2_vitl14": "vit_large_patch14_dinov2",
    "dinov3_vits16": "vit_small_patch16_dinov3",
    "dinov3_vitb16": "vit_base_patch16_dinov3",
    "dinov3_vitl16": "vit_large_patch16_dinov3",
}


def usual(name: str) -> str:
    """The library's own name for a usual one; any other name as it is."""
    return USUAL.get(name, name)
