# What every target of ours is compiled with; included by binding.gyp and by the generated build/native.gyp.
{
  "variables": {
    "myelin_sanitize%": "<!(node -p \"process.env.MYELIN_SANITIZE || ''\")"
  },
  "target_defaults": {
    "include_dirs": [
      "<(module_root_dir)/native",
      "<!(node -p \"require('node-api-headers').include_dir\")",
      "<!(node -p \"require('path').dirname(require.resolve('node-addon-api'))\")"
    ],
    # The last of them: what is thrown while a worker is being terminated cannot reach its JavaScript any more.
    "defines": ["NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "cflags": [
      "-Wall", "-Wextra", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections", "-fno-math-errno",
      "-ffp-contract=off"
    ],
    "cflags_cc": ["-std=c++17", "-fvisibility-inlines-hidden"],
    "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-Wall", "-Wextra", "-fno-math-errno", "-ffp-contract=off"] },
    "conditions": [
      ["myelin_sanitize!=''", {
        "cflags": ["-fsanitize=<(myelin_sanitize)", "-g"],
        "ldflags": ["-fsanitize=<(myelin_sanitize)"]
      }]
    ]
  }
}
