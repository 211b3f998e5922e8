"""The fixed words of the page that classifies in a browser, in English and Chinese; {named} places are filled there."""

WORDS = {
    "Loading the model": "正在加载模型",
    "Loading the model: {done} of {all} MB": "正在加载模型：{done} / {all} MB",
    "Starting": "正在启动",
    "Give it a picture": "给它一张图片",
    "Choose pictures": "选择图片",
    "Use the camera": "使用摄像头",
    "or drop or paste them anywhere on this page": "也可以拖放或粘贴到页面任意位置",
    "The pictures stay on this device: nothing is sent anywhere.": "图片留在本设备上：不会发送到任何地方。",
    "Keep this picture": "保留这张图片",
    "Other camera": "切换摄像头",
    "Stop the camera": "停止摄像头",
    "Answers": "回答",
    "Clear": "清除",
    "About this model": "关于这个模型",
    "Classes": "类别",
    "Model card": "模型卡",
    "Licence of the weights": "权重的许可证",
    "Licence of ONNX Runtime": "ONNX Runtime 的许可证",
    "picture": "图片",
    "camera": "摄像头",
    "Camera picture": "摄像头画面",
    "waiting": "等待中",
    # answers
    "Perhaps none of these: it is unlike the pictures that the model learned.": "可能都不是：它与模型学过的图片不像。",
    "No label reaches its threshold.": "没有标签达到其阈值。",
    "No class is likely enough for the set.": "没有类别的概率足以进入集合。",
    "Labels:": "标签：",
    "The right one is among these {share} of the time:": "{share} 的情况下正确答案在其中：",
    "and {n} more": "另有 {n} 个",
    "{name}: perhaps none of these": "{name}：可能都不是",
    "{name}: {label}, {share}": "{name}：{label}，{share}",
    "{name}: {labels}": "{name}：{labels}",
    # what runs it
    "Runs in this browser by {backend}, {threads} threads.": "在此浏览器中由 {backend} 运行，{threads} 个线程。",
    "Runs in this browser by {backend}, one thread.": "在此浏览器中由 {backend} 运行，单线程。",
    "Runs in this browser by WebGPU, on the graphics processor.": "在此浏览器中由 WebGPU 在图形处理器上运行。",
    "WebGPU is not used: {why}.": "未使用 WebGPU：{why}。",
    "it was left out of this folder": "此文件夹未包含它",
    "this browser has no WebGPU here": "此浏览器在这里没有 WebGPU",
    "there is no graphics processor that it may use": "没有可供使用的图形处理器",
    "it would only be imitated by the processor": "只能由中央处理器模拟",
    "its answer to a golden picture differs by {worst}": "它对基准图片的回答相差 {worst}",
    "it takes {gpu} ms a picture and WebAssembly {own}": "每张图片需 {gpu} 毫秒，而 WebAssembly 需 {own} 毫秒",
    "no answer within {n} s": "{n} 秒内没有回答",
    "This browser's answer to a golden picture differs by {worst}: do not trust it.":
        "此浏览器对基准图片的回答相差 {worst}：请勿信任。",
    "This browser changes the pixels of pictures to protect against fingerprinting; answers may differ a little.":
        "此浏览器为防指纹追踪而改动图片像素；回答可能略有差别。",
    # verifying
    "Verify": "核验",
    "runs the model's own test pictures and compares the answers with the ones it was shipped with":
        "运行模型自带的测试图片，并与随附的回答比较",
    "Verifying": "正在核验",
    "Verifying: {done} of {all}": "正在核验：{done} / {all}",
    "Verified: it answers here as it did where it was trained.": "核验通过：它在这里的回答与训练时一致。",
    "Not verified: it answers otherwise here.": "核验未通过：它在这里的回答不同。",
    "As arrays: {equal} of {n} answers equal, probabilities within {worst} (allowed {tolerance}).":
        "作为数组：{n} 个回答中 {equal} 个相同，概率相差不超过 {worst}（允许 {tolerance}）。",
    "As files, decoded by this browser: {equal} of {n} answers equal, probabilities within {worst}.":
        "作为文件，由此浏览器解码：{n} 个回答中 {equal} 个相同，概率相差不超过 {worst}。",
    "{ms} ms a picture by {backend}.": "由 {backend} 运行，每张图片 {ms} 毫秒。",
    # what may go wrong
    "{file} is missing: copy the whole folder.": "缺少 {file}：请复制整个文件夹。",
    "{file} is damaged: copy it again.": "{file} 已损坏：请重新复制。",
    "This browser is too old: it must be of 2023 or later.": "此浏览器过旧：须为 2023 年或更新的版本。",
    "The file is empty.": "文件是空的。",
    "This is no picture.": "这不是图片。",
    "{n} MB: more than the {most} MB that are allowed.": "{n} MB：超过允许的 {most} MB。",
    "{width} x {height} pixels: there is no picture in it.": "{width} x {height} 像素：其中没有图片。",
    "{width} x {height} pixels: more than the {most} million that are allowed.":
        "{width} x {height} 像素：超过允许的 {most} 百万像素。",
    "This browser cannot read {kind} pictures. Save it as JPEG or PNG.":
        "此浏览器无法读取 {kind} 图片。请另存为 JPEG 或 PNG。",
    "The {kind} picture is damaged and cannot be read.": "这张 {kind} 图片已损坏，无法读取。",
    "This browser has not enough memory for the picture.": "此浏览器的内存不足以处理这张图片。",
    "The camera needs a page from https or localhost. In the folder give: python -m http.server, then open "
    "http://localhost:8000":
        "摄像头要求页面来自 https 或 localhost。请在文件夹中运行：python -m http.server，再打开 http://localhost:8000",
    "The browser refused the camera: some do for pages opened from a disk. In the folder give: python -m http.server, "
    "then open http://localhost:8000":
        "浏览器拒绝了摄像头：有些浏览器不允许从磁盘打开的页面使用。请在文件夹中运行：python -m http.server，"
        "再打开 http://localhost:8000",
    "The browser refused the camera: allow it in the browser's settings for this page.":
        "浏览器拒绝了摄像头：请在浏览器设置中允许此页面使用。",
    "There is no camera.": "没有摄像头。",
    "Another program holds the camera.": "另一个程序正在使用摄像头。",
}  # fmt: skip
"""English to Chinese."""
