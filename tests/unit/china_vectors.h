/* Made by tests/tools/china-vectors.mjs: what other people's code sends for WeChat Pay and Alipay. The
 * keys were made for it and are of no other use. */
#ifndef TESTS_UNIT_CHINA_VECTORS_H
#define TESTS_UNIT_CHINA_VECTORS_H

#define APP_PKCS1 \
    "MIIEpQIBAAKCAQEAzuUWTkW7nsl9rQhsKyFTpHne2rLGKBqz+UBqULGZvd4K0sXss7bwmM" \
    "tJegqeTltNLWvqj6LdtQjTkOzOcyXXKFeFY5xvqn42rt9qj0ysEzUKxylXiujvOO7/xruL" \
    "928entrWSARCNQCJsdDD4b3kbnj4kiwoOP0zF8Qr+h6uj2x4p1UhHOdWQjOVD0Fxn8lPr2" \
    "vyQhwVzbkaa4UcJwxtP6ePS7F6L0dkyxiyDfeFLoBDmtzXPYAoDgJuQUqnKIJrmCpLu3/M" \
    "FJJfBgZ602P7j1XHzLfB/seWvDzo8Z/RKRgWf0vP35Ur49ukkqZVED90gjJdfmictHmgEH" \
    "eBwy7aKwIDAQABAoIBAAueh7vhCPj/Fr4RkCq+Nh4M4Pe4c7LHLSM0IA2JPidsLzds1QpJ" \
    "nZhbu307ISVx+hMMrQ8XdeZcTa6TFOdhdc2f6mZsBGluPAdium+Xh1Al+eD7OfkbvPzCs/" \
    "TwIAlZYWLbpkUfamPjD9ia7yVN0xuICftwJSIlEZfKYucGRYZHRIf3AQg9eYQLIt6P2Exu" \
    "SC/l7ueZ81kYqo4QaBJTMMADWtwv2vVT5AeeKtj3XqQMX0kmi3/8OrjV+3FP8o52GM8Yrr" \
    "6IFFP7nra3YwUz0TQWEDRl8dfq47lqaV2c2KzOO4AGDu0SotBeQf97n7KQtN+RJYRtLZLf" \
    "OcRRkJt394ECgYEA546tyDSFTf8wphCYlm+wD8aXqJwnik2Sd73E2kK+VftMWAQUny2wIB" \
    "phardabYwHBzGM43tqVkQYOY8CdPSLdEEJU8ZBaSvx6bP03SKg8rwcfxZUHXnaiYRPsZUB" \
    "OyOrngn3DGyMsClyGbOKpj+0VjtEnkGDGqmCfoQmvwS6ILsCgYEA5Lv1xmtJ8ZSuv70W81" \
    "+nQbSTWPZ1q9cStSEf5SyxZkG5zw85UCIQPQONLQH181kNkoNgj2x+FQDpyf1IwvyiKRka" \
    "C0oF3kYmurZmJyD25NKPMX0qVTeHzik7M7Qaq8QohkCFNOdCXEeDaT698Nai2HcUL1RltO" \
    "nXcwShqFxTDVECgYEA2xBXhi1x481GCAVxZfj51qLpvYElwykKJTAqONal3RAmNKp/m+wM" \
    "UQLEIMKf0T2FNKADCv8qJby8MlACYgUsnWod2dyY61fAwHkYcdCd9aZTS0QjhdNPFYRQJM" \
    "+z33AqnxQMXfufydUb9gauaAOip2Xgz9toneO56dk6EsL1F5sCgYEAi4sX//sIW3envJXx" \
    "YHykn3M4yXdihnlpklMpEDlZ6NaEMwxInNiLK431HNYrZFCZ9R5tVFKOAOZTusTpFPvnOk" \
    "d0GhsIxXfqvNH2NDzqIuNKNJj1sJN2KJIC6iIge1XqmyzVl1bWp1GBnD2Ix1tKceED0XQd" \
    "sGdQ53yV2w6oJGECgYEAp8VkXTJQnUlB3UJX7TgLHq/HJSdCaNwGiBtLCoOlU+A3oWj7Y4" \
    "flvFMVK60unBkwjJ/G4k0yXFcROvu15Z8koswZDJC23YmRxxWWpvwMD1CPIZtUmMV61hGe" \
    "t8QcYS8hDAWd6K0AdZou26Mdgxe82z51FgKIJ9Dgxt6gdiV0veM="
#define APP_PKCS8 \
    "MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDO5RZORbueyX2tCGwrIV" \
    "Oked7assYoGrP5QGpQsZm93grSxeyztvCYy0l6Cp5OW00ta+qPot21CNOQ7M5zJdcoV4Vj" \
    "nG+qfjau32qPTKwTNQrHKVeK6O847v/Gu4v3bx6e2tZIBEI1AImx0MPhveRuePiSLCg4/T" \
    "MXxCv6Hq6PbHinVSEc51ZCM5UPQXGfyU+va/JCHBXNuRprhRwnDG0/p49LsXovR2TLGLIN" \
    "94UugEOa3Nc9gCgOAm5BSqcogmuYKku7f8wUkl8GBnrTY/uPVcfMt8H+x5a8POjxn9EpGB" \
    "Z/S8/flSvj26SSplUQP3SCMl1+aJy0eaAQd4HDLtorAgMBAAECggEAC56Hu+EI+P8WvhGQ" \
    "Kr42Hgzg97hzssctIzQgDYk+J2wvN2zVCkmdmFu7fTshJXH6EwytDxd15lxNrpMU52F1zZ" \
    "/qZmwEaW48B2K6b5eHUCX54Ps5+Ru8/MKz9PAgCVlhYtumRR9qY+MP2JrvJU3TG4gJ+3Al" \
    "IiURl8pi5wZFhkdEh/cBCD15hAsi3o/YTG5IL+Xu55nzWRiqjhBoElMwwANa3C/a9VPkB5" \
    "4q2PdepAxfSSaLf/w6uNX7cU/yjnYYzxiuvogUU/uetrdjBTPRNBYQNGXx1+rjuWppXZzY" \
    "rM47gAYO7RKi0F5B/3ufspC035ElhG0tkt85xFGQm3f3gQKBgQDnjq3INIVN/zCmEJiWb7" \
    "APxpeonCeKTZJ3vcTaQr5V+0xYBBSfLbAgGmFqt1ptjAcHMYzje2pWRBg5jwJ09It0QQlT" \
    "xkFpK/Hps/TdIqDyvBx/FlQdedqJhE+xlQE7I6ueCfcMbIywKXIZs4qmP7RWO0SeQYMaqY" \
    "J+hCa/BLoguwKBgQDku/XGa0nxlK6/vRbzX6dBtJNY9nWr1xK1IR/lLLFmQbnPDzlQIhA9" \
    "A40tAfXzWQ2Sg2CPbH4VAOnJ/UjC/KIpGRoLSgXeRia6tmYnIPbk0o8xfSpVN4fOKTsztB" \
    "qrxCiGQIU050JcR4NpPr3w1qLYdxQvVGW06ddzBKGoXFMNUQKBgQDbEFeGLXHjzUYIBXFl" \
    "+PnWoum9gSXDKQolMCo41qXdECY0qn+b7AxRAsQgwp/RPYU0oAMK/yolvLwyUAJiBSydah" \
    "3Z3JjrV8DAeRhx0J31plNLRCOF008VhFAkz7PfcCqfFAxd+5/J1Rv2Bq5oA6KnZeDP22id" \
    "47np2ToSwvUXmwKBgQCLixf/+whbd6e8lfFgfKSfczjJd2KGeWmSUykQOVno1oQzDEic2I" \
    "srjfUc1itkUJn1Hm1UUo4A5lO6xOkU++c6R3QaGwjFd+q80fY0POoi40o0mPWwk3YokgLq" \
    "IiB7VeqbLNWXVtanUYGcPYjHW0px4QPRdB2wZ1DnfJXbDqgkYQKBgQCnxWRdMlCdSUHdQl" \
    "ftOAser8clJ0Jo3AaIG0sKg6VT4DehaPtjh+W8UxUrrS6cGTCMn8biTTJcVxE6+7XlnySi" \
    "zBkMkLbdiZHHFZam/AwPUI8hm1SYxXrWEZ63xBxhLyEMBZ3orQB1mi7box2DF7zbPnUWAo" \
    "gn0ODG3qB2JXS94w=="
#define APP_PKCS1_PEM \
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpQIBAAKCAQEAzuUWTkW7nsl9rQhsKyFTpH" \
    "ne2rLGKBqz+UBqULGZvd4K0sXs\ns7bwmMtJegqeTltNLWvqj6LdtQjTkOzOcyXXKFeFY5x" \
    "vqn42rt9qj0ysEzUKxylX\niujvOO7/xruL928entrWSARCNQCJsdDD4b3kbnj4kiwoOP0z" \
    "F8Qr+h6uj2x4p1Uh\nHOdWQjOVD0Fxn8lPr2vyQhwVzbkaa4UcJwxtP6ePS7F6L0dkyxiyD" \
    "feFLoBDmtzX\nPYAoDgJuQUqnKIJrmCpLu3/MFJJfBgZ602P7j1XHzLfB/seWvDzo8Z/RKR" \
    "gWf0vP\n35Ur49ukkqZVED90gjJdfmictHmgEHeBwy7aKwIDAQABAoIBAAueh7vhCPj/Fr4" \
    "R\nkCq+Nh4M4Pe4c7LHLSM0IA2JPidsLzds1QpJnZhbu307ISVx+hMMrQ8XdeZcTa6T\nFOd" \
    "hdc2f6mZsBGluPAdium+Xh1Al+eD7OfkbvPzCs/TwIAlZYWLbpkUfamPjD9ia\n7yVN0xuI" \
    "CftwJSIlEZfKYucGRYZHRIf3AQg9eYQLIt6P2ExuSC/l7ueZ81kYqo4Q\naBJTMMADWtwv2" \
    "vVT5AeeKtj3XqQMX0kmi3/8OrjV+3FP8o52GM8Yrr6IFFP7nra3\nYwUz0TQWEDRl8dfq47" \
    "lqaV2c2KzOO4AGDu0SotBeQf97n7KQtN+RJYRtLZLfOcRR\nkJt394ECgYEA546tyDSFTf8" \
    "wphCYlm+wD8aXqJwnik2Sd73E2kK+VftMWAQUny2w\nIBphardabYwHBzGM43tqVkQYOY8C" \
    "dPSLdEEJU8ZBaSvx6bP03SKg8rwcfxZUHXna\niYRPsZUBOyOrngn3DGyMsClyGbOKpj+0V" \
    "jtEnkGDGqmCfoQmvwS6ILsCgYEA5Lv1\nxmtJ8ZSuv70W81+nQbSTWPZ1q9cStSEf5SyxZk" \
    "G5zw85UCIQPQONLQH181kNkoNg\nj2x+FQDpyf1IwvyiKRkaC0oF3kYmurZmJyD25NKPMX0" \
    "qVTeHzik7M7Qaq8QohkCF\nNOdCXEeDaT698Nai2HcUL1RltOnXcwShqFxTDVECgYEA2xBX" \
    "hi1x481GCAVxZfj5\n1qLpvYElwykKJTAqONal3RAmNKp/m+wMUQLEIMKf0T2FNKADCv8qJ" \
    "by8MlACYgUs\nnWod2dyY61fAwHkYcdCd9aZTS0QjhdNPFYRQJM+z33AqnxQMXfufydUb9g" \
    "auaAOi\np2Xgz9toneO56dk6EsL1F5sCgYEAi4sX//sIW3envJXxYHykn3M4yXdihnlpklM" \
    "p\nEDlZ6NaEMwxInNiLK431HNYrZFCZ9R5tVFKOAOZTusTpFPvnOkd0GhsIxXfqvNH2\nNDz" \
    "qIuNKNJj1sJN2KJIC6iIge1XqmyzVl1bWp1GBnD2Ix1tKceED0XQdsGdQ53yV\n2w6oJGEC" \
    "gYEAp8VkXTJQnUlB3UJX7TgLHq/HJSdCaNwGiBtLCoOlU+A3oWj7Y4fl\nvFMVK60unBkwj" \
    "J/G4k0yXFcROvu15Z8koswZDJC23YmRxxWWpvwMD1CPIZtUmMV6\n1hGet8QcYS8hDAWd6K" \
    "0AdZou26Mdgxe82z51FgKIJ9Dgxt6gdiV0veM=\n-----END RSA PRIVATE KEY-----\n"
#define APP_PKCS8_PEM \
    "-----BEGIN PRIVATE KEY-----\nMIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAg" \
    "EAAoIBAQDO5RZORbueyX2t\nCGwrIVOked7assYoGrP5QGpQsZm93grSxeyztvCYy0l6Cp5" \
    "OW00ta+qPot21CNOQ\n7M5zJdcoV4VjnG+qfjau32qPTKwTNQrHKVeK6O847v/Gu4v3bx6e" \
    "2tZIBEI1AImx\n0MPhveRuePiSLCg4/TMXxCv6Hq6PbHinVSEc51ZCM5UPQXGfyU+va/JCH" \
    "BXNuRpr\nhRwnDG0/p49LsXovR2TLGLIN94UugEOa3Nc9gCgOAm5BSqcogmuYKku7f8wUkl" \
    "8G\nBnrTY/uPVcfMt8H+x5a8POjxn9EpGBZ/S8/flSvj26SSplUQP3SCMl1+aJy0eaAQ\nd4" \
    "HDLtorAgMBAAECggEAC56Hu+EI+P8WvhGQKr42Hgzg97hzssctIzQgDYk+J2wv\nN2zVCkm" \
    "dmFu7fTshJXH6EwytDxd15lxNrpMU52F1zZ/qZmwEaW48B2K6b5eHUCX5\n4Ps5+Ru8/MKz" \
    "9PAgCVlhYtumRR9qY+MP2JrvJU3TG4gJ+3AlIiURl8pi5wZFhkdE\nh/cBCD15hAsi3o/YT" \
    "G5IL+Xu55nzWRiqjhBoElMwwANa3C/a9VPkB54q2PdepAxf\nSSaLf/w6uNX7cU/yjnYYzx" \
    "iuvogUU/uetrdjBTPRNBYQNGXx1+rjuWppXZzYrM47\ngAYO7RKi0F5B/3ufspC035ElhG0" \
    "tkt85xFGQm3f3gQKBgQDnjq3INIVN/zCmEJiW\nb7APxpeonCeKTZJ3vcTaQr5V+0xYBBSf" \
    "LbAgGmFqt1ptjAcHMYzje2pWRBg5jwJ0\n9It0QQlTxkFpK/Hps/TdIqDyvBx/FlQdedqJh" \
    "E+xlQE7I6ueCfcMbIywKXIZs4qm\nP7RWO0SeQYMaqYJ+hCa/BLoguwKBgQDku/XGa0nxlK" \
    "6/vRbzX6dBtJNY9nWr1xK1\nIR/lLLFmQbnPDzlQIhA9A40tAfXzWQ2Sg2CPbH4VAOnJ/Uj" \
    "C/KIpGRoLSgXeRia6\ntmYnIPbk0o8xfSpVN4fOKTsztBqrxCiGQIU050JcR4NpPr3w1qLY" \
    "dxQvVGW06ddz\nBKGoXFMNUQKBgQDbEFeGLXHjzUYIBXFl+PnWoum9gSXDKQolMCo41qXdE" \
    "CY0qn+b\n7AxRAsQgwp/RPYU0oAMK/yolvLwyUAJiBSydah3Z3JjrV8DAeRhx0J31plNLRC" \
    "OF\n008VhFAkz7PfcCqfFAxd+5/J1Rv2Bq5oA6KnZeDP22id47np2ToSwvUXmwKBgQCL\nix" \
    "f/+whbd6e8lfFgfKSfczjJd2KGeWmSUykQOVno1oQzDEic2IsrjfUc1itkUJn1\nHm1UUo4" \
    "A5lO6xOkU++c6R3QaGwjFd+q80fY0POoi40o0mPWwk3YokgLqIiB7Veqb\nLNWXVtanUYGc" \
    "PYjHW0px4QPRdB2wZ1DnfJXbDqgkYQKBgQCnxWRdMlCdSUHdQlft\nOAser8clJ0Jo3AaIG" \
    "0sKg6VT4DehaPtjh+W8UxUrrS6cGTCMn8biTTJcVxE6+7Xl\nnySizBkMkLbdiZHHFZam/A" \
    "wPUI8hm1SYxXrWEZ63xBxhLyEMBZ3orQB1mi7box2D\nF7zbPnUWAogn0ODG3qB2JXS94w=" \
    "=\n-----END PRIVATE KEY-----\n"
#define APP_PUBLIC \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzuUWTkW7nsl9rQhsKyFTpHne2r" \
    "LGKBqz+UBqULGZvd4K0sXss7bwmMtJegqeTltNLWvqj6LdtQjTkOzOcyXXKFeFY5xvqn42" \
    "rt9qj0ysEzUKxylXiujvOO7/xruL928entrWSARCNQCJsdDD4b3kbnj4kiwoOP0zF8Qr+h" \
    "6uj2x4p1UhHOdWQjOVD0Fxn8lPr2vyQhwVzbkaa4UcJwxtP6ePS7F6L0dkyxiyDfeFLoBD" \
    "mtzXPYAoDgJuQUqnKIJrmCpLu3/MFJJfBgZ602P7j1XHzLfB/seWvDzo8Z/RKRgWf0vP35" \
    "Ur49ukkqZVED90gjJdfmictHmgEHeBwy7aKwIDAQAB"
#define APP_PUBLIC_PKCS1 \
    "MIIBCgKCAQEAzuUWTkW7nsl9rQhsKyFTpHne2rLGKBqz+UBqULGZvd4K0sXss7bwmMtJeg" \
    "qeTltNLWvqj6LdtQjTkOzOcyXXKFeFY5xvqn42rt9qj0ysEzUKxylXiujvOO7/xruL928e" \
    "ntrWSARCNQCJsdDD4b3kbnj4kiwoOP0zF8Qr+h6uj2x4p1UhHOdWQjOVD0Fxn8lPr2vyQh" \
    "wVzbkaa4UcJwxtP6ePS7F6L0dkyxiyDfeFLoBDmtzXPYAoDgJuQUqnKIJrmCpLu3/MFJJf" \
    "BgZ602P7j1XHzLfB/seWvDzo8Z/RKRgWf0vP35Ur49ukkqZVED90gjJdfmictHmgEHeBwy" \
    "7aKwIDAQAB"
#define APP_PUBLIC_PEM \
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQE" \
    "AzuUWTkW7nsl9rQhsKyFT\npHne2rLGKBqz+UBqULGZvd4K0sXss7bwmMtJegqeTltNLWvq" \
    "j6LdtQjTkOzOcyXX\nKFeFY5xvqn42rt9qj0ysEzUKxylXiujvOO7/xruL928entrWSARCN" \
    "QCJsdDD4b3k\nbnj4kiwoOP0zF8Qr+h6uj2x4p1UhHOdWQjOVD0Fxn8lPr2vyQhwVzbkaa4" \
    "UcJwxt\nP6ePS7F6L0dkyxiyDfeFLoBDmtzXPYAoDgJuQUqnKIJrmCpLu3/MFJJfBgZ602P" \
    "7\nj1XHzLfB/seWvDzo8Z/RKRgWf0vP35Ur49ukkqZVED90gjJdfmictHmgEHeBwy7a\nKwI" \
    "DAQAB\n-----END PUBLIC KEY-----\n"
#define APP_FINGERPRINT \
    "3B:CC:76:27:B8:1D:46:D5:59:83:C5:40:F0:3E:5F:DE:CD:1F:23:08:09:54:3D:7" \
    "7:E8:14:CE:EA:95:ED:F1:AF"
#define RAIL_PUBLIC \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwBPo58acmYAFY/12ob4WVYOUhX" \
    "Wv2jW3wiABN5lNlAzknVf9MooDyIs4mXihMgIqVmuHjj894TsFntvUkF9tpspSxAGjEz15" \
    "zFlrGVeqGEbOVFLlVTqsuc/K9q8uXAyE34C18wnxXE0B1/u8zg7N9+zvETV2xLhheoVDAF" \
    "N75J3zHOYI9kuVGdmTP1hiBk9UrMv0dvbyI8lJvyk0NGiU4s2xnM2gRvvIE/OYPpRYwLPX" \
    "ab2zgdUL5QQ+zn6nY45+rQy0d5znkCnND+TpmKqrW7tyT7GWmIq1Zo4NvDBBbE/RymoIQu" \
    "GWP8YSenzO1DgnuO99x/PkbPHYtSGMRgSyywIDAQAB"
#define OTHER_PUBLIC \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsgjW1Hawx5PWbWbVlopcQx0Aa2" \
    "AJQGdhQvqA9jXwBJgjbs922DNPnq4i2RVNerlRomyJkwnGBKxrQl2CW+afFo+to1+94wgI" \
    "N46VN56dMT/glUBm6O5kUDU6qD3Kh30EccZ7c5SYf6QLI9eaDVWRxtQZLOeKc+SJC3gYmK" \
    "vdd/wwIyshN53aFJmp/iJFm6XCWtIzcbOVjUH/28NlM2apqBajSpJQWQ6/0a7qbkw03zod" \
    "H638gINUPed1qo4NAbK0l8m8YIfjwwGK/6QNHxpP8zXi+yYlP2jUs9nOdMKwb67avK8g+B" \
    "6LsRjRttR7oxoLQiawCmZhNi/uxYt7PmfwfwIDAQAB"
#define RAIL_CERT \
    "-----BEGIN CERTIFICATE-----\nMIIDHTCCAgWgAwIBAgIUaltMPS4fABEiM0RVZneIma" \
    "q7zN0wDQYJKoZIhvcNAQEL\nBQAwHTEbMBkGA1UEAwwSVGVucGF5LmNvbSBSb290IENBMCA" \
    "XDTI2MTEyMjEwMDky\nOFoYDzIwNzYxMTA5MTAwOTI4WjAdMRswGQYDVQQDDBJUZW5wYXku" \
    "Y29tIFJvb3Qg\nQ0EwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDAE+jnxpyZg" \
    "AVj/Xah\nvhZVg5SFda/aNbfCIAE3mU2UDOSdV/0yigPIiziZeKEyAipWa4eOPz3hOwWe29" \
    "SQ\nX22mylLEAaMTPXnMWWsZV6oYRs5UUuVVOqy5z8r2ry5cDITfgLXzCfFcTQHX+7zO\nDs" \
    "337O8RNXbEuGF6hUMAU3vknfMc5gj2S5UZ2ZM/WGIGT1Ssy/R29vIjyUm/KTQ0\naJTizbG" \
    "czaBG+8gT85g+lFjAs9dpvbOB1QvlBD7Ofqdjjn6tDLR3nOeQKc0P5OmY\nqqtbu3JPsZaY" \
    "irVmjg28MEFsT9HKaghC4ZY/xhJ6fM7UOCe4733H8+Rs8di1IYxG\nBLLLAgMBAAGjUzBRM" \
    "B0GA1UdDgQWBBSjNVz77G3hogIkb9VgfKnuWFG32DAfBgNV\nHSMEGDAWgBSjNVz77G3hog" \
    "Ikb9VgfKnuWFG32DAPBgNVHRMBAf8EBTADAQH/MA0G\nCSqGSIb3DQEBCwUAA4IBAQA8GPK" \
    "oj0BU03kvA2FTm8jYtiFW1hcb+EleiMQ7NwYg\nzsE29c56R4doErOaEvMHi7xhkRk+vaWZ" \
    "w8CDjvDgj6CTsC6jFUOgYkXZKghUAxXR\n4d+J32hN5b3gmHzLl8k6GGYQWAtd/vQKPSgyY" \
    "tj8Fchovmnc5kIw7nKFmkGuBR2s\nSfDMQcoBF5eaR4yZMIOcaPYmBYhxuCMvdqVMdBRc55" \
    "Q71XnP+60gMxrOP2INkTEB\nvc7oH9g5POYFVo283BAIoq36lu7pF8ErX7B7gTWPLDtaUYL" \
    "M854ee/k3o86oHYEg\nOKWkofWXsV9LFVJqLqZAbZKdKwbkd0KmUaQIRcvfuEKk\n-----EN" \
    "D CERTIFICATE-----\n"
#define RAIL_SERIAL \
    "6A5B4C3D2E1F00112233445566778899AABBCCDD"
#define API_KEY \
    "0123456789abcdefghijklmnopqrstuv"
#define WX_AT INT64_C(1795345768)
#define WX_NONCE \
    "Ab3dEf6hIj9kLmN0pQrStUvWxYz12345"
#define WX_BODY \
    "{\"appid\":\"wx8888888888888888\",\"mchid\":\"1900007291\",\"description\":\"茶的星球" \
    "：会员\"}"
#define WX_POST_SIGN \
    "GxFzlO70YsvoxmGThweWfZQebM3h0n9jfsWLKQuF9ooMqdQ2p1FcmkgwTgzV3CZiKRe3tF" \
    "zb97LD+HDDKjuYhr2aWq74dc5Gmfm9B9BiyNo9j1gNMHm7pT/O2mDm8f4TIyk+LjGGr0Hd" \
    "6+cbYen1IEvBAlifmvVgtfjmeR/5mekm3DgF+7SbywmcRn3eI6yIXkQEfYbadknno8QlLe" \
    "e6SOS3TA8DTmRDtRa+rCzuZ3eQLWeigd7ddmeJmbCofyBf4jTxp36ANc6x5/ddCqV9IzL2" \
    "VRjUk6TK+mf+xx5g4Y0JAFtNrfoh1ienDgIZ8HdBq6+g9ZNplDWAY5LhCihmFw=="
#define WX_GET_SIGN \
    "nb79RXNegjspa5L5bHZ2ZaxFZiRWnvtZXKg2Dyz8k82IGimJayiNGqhj/tog0jrIgbJUqT" \
    "FZC0SS8/trtwv18jiQ6x03vKEoZcxfD/OU2U1v5y+PXDQB4dUjWkzuyXkdg/FURNg6SPVZ" \
    "3rG/faXyKEN9CKGK2HG/QulwaXS2sHDadqYFdaNP7lIjmyQVFrRITuxaWXoxkEk1IQRsQO" \
    "XCp3oUhx0luqEZmUNRjgmXJLbN6QD1umCjnmHb/t3Ji0ftmZJhOZAGWx3lurtAyJQXEdAV" \
    "UNIX76DoMrSHtvtAUu+/Eae5RTGpyRTbmDWc3xs3C2o2JCiuIuQxMwAmjTFOqQ=="
#define WX_EMPTY_POST_SIGN \
    "F0hEyDOcOSCbFrHQ0iaLUQsSddrNzh/dotrf1ogP1J6ycJxgXa80DKYPXcQKreagVtADIB" \
    "gf/meh/nBQ+iBpDFsDY8DIUiZX/LZCcWRQo2sdPPCvFCpJyo/0XaSuEo6yKEPriSZ/tgsg" \
    "bz2E5whGlgf2klyiw/3At9IwPcMq381U7qYsHAYmHCxSRQens/vRcnquFhdpBNCwyABc3+" \
    "CfiWOm9bG6JpWd27sIebJ/qzsGLeBCKXsSAogEoqpcRZsUTkaP1Sd2zE0h9M+C5PFoXDHo" \
    "0MZYX4viLF9q/NZNGST80+qRyG3vebzhh1tDP9/NAVDC2PcQFPtITuiF28RruA=="
#define WX_PAGE_SIGN \
    "btq3P7tJTTmDxUeasGXQZk218gal3NrcL0Q0k1tOt5+tcJuUXcOb+EUUhe56zNaAwwCldD" \
    "Y8QXT2YO3+CPcuFkV0HJ4ZRIVOtihVudJVVv+SWeLNQqkMlrvmlRllbhmE23cUD7RqPv/k" \
    "yjJI2UGx1db2d4NLXbFAC0Ei06AnYdJesKnt1efeSKBdVFjqzMfrGbMaVvE4GEOfoG5cOV" \
    "EsaytaSsVoywGipLbDujlZ1sdgl1OcgNBTGfriU90HpLqI5/KcwXUXVpZ2wt0g/RBKOb6t" \
    "DrK3oMaDggQuLkTHeAjMo9+lsFmG/yn6CDcLZTEPn7tJLrgRevC7xFQqGHH9Bw=="
#define WX_PLAIN \
    "{\"mchid\":\"1900007291\",\"appid\":\"wx8888888888888888\",\"out_trade_no\":\"01J" \
    "DA0000000000000000000XY\",\"transaction_id\":\"420000123420261122000000000" \
    "1\",\"trade_type\":\"NATIVE\",\"trade_state\":\"SUCCESS\",\"trade_state_desc\":\"支" \
    "付成功\",\"success_time\":\"2026-11-21T19:25:01+08:00\",\"payer\":{\"openid\":\"oUp" \
    "F8uMuAJO_M2pxb1Q9zNjWeS6o\"},\"amount\":{\"total\":9900,\"payer_total\":9900," \
    "\"currency\":\"CNY\",\"payer_currency\":\"CNY\"}}"
#define WX_CALLBACK \
    "{\"id\":\"EV-2018022511223320873\",\"create_time\":\"2026-11-21T19:25:02+08:0" \
    "0\",\"event_type\":\"TRANSACTION.SUCCESS\",\"resource_type\":\"encrypt-resourc" \
    "e\",\"summary\":\"支付成功\",\"resource\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"origin" \
    "al_type\":\"transaction\",\"ciphertext\":\"pOlfRH+NKCwBgjzYQSOjpG5maGDhCnkOm" \
    "rzqPNGpuTjNebbTwNuprQpQ85rjAzdOcWKfun4stUstRsHaR7wy2+JYow0REwOYNqdDWBa" \
    "xH7Rw1Ug9bptoJmHmw+7wUJL2R6ZxQ8GVAuURrKFgxHwFSIj0xvfHBBS7vvSf/ua81BUyc" \
    "+DiTuxdR7d5cjzPBA4UoyRgG0DUDfEkVMaQkaTz38/EzoMOzWAGSbsoeuahW69Zc7Jh8EB" \
    "eko8e0rgXWADvx7pdeRKGHH9AQ/NrC3+P+sLsWnPehxV+XFnOvqJcAtRCUdQDORLlY8G71" \
    "mT013fmmH5R64V7SOjDv7mwbC9zotDEHO82N9yoIV0PXcmvQm8peJ3r4kCMcIJcM7IHvzx" \
    "pg0Cc0d7Z4Up0DLkXP1GL9R15gFNN8IhLFTB0UJZWd0PlrkCAO2JjqfQIbasc/2l0dgoCa" \
    "RO8Hioh/cc4AMeskSg9dNus2udNRfslRYiLtKC1kJVgC2FQkjXPd2YgpjTWl/Gtp6h+UX1" \
    "38n4mA+sgZ45g7U7ZVMtvqI85q8tqRQ==\",\"nonce\":\"730d780a79f5\",\"associated_" \
    "data\":\"transaction\"}}"
#define WX_CALLBACK_SIGN \
    "mfXI43lPuJ36Mii4S24tWYpVFbEELL1m17vWrLxZTF7soprJc/G2dV0cYty4VxTRZolRRM" \
    "h4Ir8xcqUHuC8O0p8PaWAW9LFltpm+ppiH2ePhAhz3fRMacJ4G3gbHUex9UfyAqa+QxmcW" \
    "RTZTQTxCeepJMB/q5FXFcuA60wdHNvWaS9NM0b2dsBm70ikmhaUb6JvVLWPuajX6bz56/P" \
    "+sqi+luJ1xfYV6fkSFnj6i69Bwgsgvg7Fl71WMy5IyrlSimjsCgjoYWuy9S41ScDCnQJhm" \
    "knF9cqZgcAfNo9G6JhTHhjHms8dxj61E2rc/Qx9l7gbuPmcWHKR32B+aRaaH2Q=="
#define WX_CALLBACK_BARE \
    "{\"id\":\"EV-2018022511223320873\",\"create_time\":\"2026-11-21T19:25:02+08:0" \
    "0\",\"event_type\":\"TRANSACTION.SUCCESS\",\"resource_type\":\"encrypt-resourc" \
    "e\",\"summary\":\"支付成功\",\"resource\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"origin" \
    "al_type\":\"transaction\",\"ciphertext\":\"vK+6jz0HyhSmL2O/f/xq0C/JinY5U11z1" \
    "1nz4xK1GZI6IhPzD5wBxTj7qrc0uSn65Tsd/aJARhSABYgR2If+zFP+8Eq3kBq56TAKYf6" \
    "XEMrfpJRJCdwHF6XYFxFyiGAcRylIuO+SF9PbJtIHSIi5Q8yw64t8SZBi0/5TTQNnMEHKy" \
    "+HGP8CcnzodPo8RB7YtmVUeNLb5UkpM7Hm8eAQkYl+QFfMj0ncy6UaQMCKwLEXEcRJWvky" \
    "hwhWv38V+kI8x8pX4pTon5tm5UpGqYZo0R6heSnNshtxBiZBsYl6MD+o4mc+cbtX8wOckK" \
    "bkgXJ+jyMev9Ii7yxHsqy+50TkFVRuKcL9bloypWE81dqucw2w2kTqWAqVdDwpygwBFtuG" \
    "zTFbv2KEjz9Ko7UwCplRHSq2v1HjyXIf9JUwueFHR9MUcrK80bbYrIjTCB1bKsQF6WOKxl" \
    "kWW7xVsOC9Rv9AqIpkQiPuVOdXo9wFISOV4Ev0YlByMBoOyHei9rxixv6ZoU/XiRFzfaAJ" \
    "OMG3vZNviRs+8uKzBhvH1gkX2hvxYcg==\",\"nonce\":\"622019745ad8\",\"associated_" \
    "data\":\"\"}}"
#define WX_CALLBACK_BARE_SIGN \
    "F57DPhznwcrwGR5tWplJMeBmrKTvQQnEpZNE7ul9/jgRvFRLU4b3NpJ1mbXPi+lajeYUc4" \
    "XD//1BpO16EMD2gTxkYHXPQrZ6bW1rwh0p7mexAzzEsM7UYtJ/2hpewktGNcxctzc0nx40" \
    "wjey1TVJCLu4ovN4Ixeup9qq+lCyLI3MzYEk7uQgaZB4zhzqiysWu5GttI58PgQh9mKr8B" \
    "xKKmrtKlv2aacnoC930y+iMPRW1OdGr5orT4iEUAVnPT/ZXzeWpNEYAF+VcoeSl3p8+VBB" \
    "3xq8exFaKQ9GTC2kDKp/8deVAaCRk3Tbg5Ft3xvg66KxurnQVYIa2/AlL5fIlg=="
#define WX_EMPTY_ANSWER_SIGN \
    "dqT13OFH9zDmGwZaCPekc48X3+KiB7FUiZ8ToD1Dl/1MtiKovqGrjQDx8tlbnZ5fJwdqnE" \
    "8VhF997xcbwxpXc2/g8ocKchtO0kxL0s6V77sgziP3tDeLPqzzw9inMTZrdZfgm6+GvBR3" \
    "9Q3OZXf/Pz3IsUqrlomTCsECdpBKwGq8Jkt12ih/i1uDfm8XYhaei1uxqhLmIFXK3J5VKq" \
    "xH0LClSGqQJ5cIH+zrysDeTP8+WA6XGTTAET+1DIQdMjT2RpkUc6VkOefkt/sCzdMsHr+D" \
    "ipQXEmRObkL9YerdxIBEuddWSGydOgA1Ay8MojaHe1d19HlS2W+0jqPTOvfyCA=="
#define WX_CERTIFICATES \
    "{\"data\":[{\"serial_no\":\"6A5B4C3D2E1F00112233445566778899AABBCCDD\",\"effe" \
    "ctive_time\":\"2026-11-20T00:00:00+08:00\",\"expire_time\":\"2076-11-20T00:0" \
    "0:00+08:00\",\"encrypt_certificate\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"cip" \
    "hertext\":\"Ie8KJIXwtV/Z1xIDNYu1SnChzIBoePaatj1hMU2ujjxMeA6ydLGsuzRZ8WYT" \
    "RqoYoqaiAmIrLawVZdtlvbLENavGhh3JgM7XXkOEbjtKzuktjGDhbtLeDFVTSaxVeJsQFM" \
    "CWhebA9XnShZTjk1ohhw4xgS6YOc/bugp3jGcRgb0mTg5ygp19x09d1B8fdmg9ea0iaNXB" \
    "oFm8lmvpY5UmSANUDlwPJ2EkApk4Sbl3bNRG8uWx+gpbgyJQs37YIRki+d40cqcJ5l6XiB" \
    "RqWIBWxhGgxdn79FDuHGngr9FE+ASGG2K4udV9he68HRmRZq0BGS/gOzxtBhA0/GeOu/If" \
    "hJG9TSCe5nfHKhneRprlL8vv2I49vg6R5nGiyRoy65q8JzQJoiWHTua9yNoUq+1Z2v2Ze8" \
    "fTvwYhmI7uMHeqAw4pC5PMgjaocjO2Gcvt1PEtTpa2/g6P8cAIr6+IGSAo3NypaKTBToQ6" \
    "XGLvuac0w8H6Wu+MSMucDmG1v2HCLnCseHhWk3jeOJyqNJfwxeSQGbYmMpn8GDD2LZruyn" \
    "xrkgjBNEd2iGy3/cyi49JCSYR6HSt5J1Q6Q14VW2xwgD8Csi0s8hxGINsGk7170qDmJYLD" \
    "ywNToTfwgO0IK4MvYU6AEkKiKS/PFWKwetxkzvxwW4kxdZIafhwgJAQSq3PDRrzIsKfska" \
    "imwQpjhP+2OS7ce7mga5k7h7stE5khmft5Z5RZTQ7ET3lBKueXOsvux9nw2rNYvSXt2fwD" \
    "+u8GS5UWrENdATfKO1VNogtqTGnq395+OA67+ZCdZINKFKzUYjpsFPytVJbDhxvTh2JJcG" \
    "B3axys6gchtNWWrXnaVJe1qE7oTMPDjIL2iP0z7N5PjUHd8Db21XfUA+l4dNB9t9T45I1u" \
    "JNhXjjou824FpuC+YFbc6ugprPNB7nU8gM92vySMskxj0X4wqxcuxT+DlEVhpPJ+XpZuWz" \
    "qkKNvUA7x7vjsMHrR2E37YPeVpw1PRNuuoYBALJDFP+ilFdeN6haiiv24l4BrbKqOgmwkB" \
    "PIV0lhEdFRkKHOqlgaG9KVdnxhiQ/VhOXI62NPi3pq0YmpngHFEbJSKhByZBDBg+goy+8R" \
    "bw0c6ig9rO4RVgzDnEcRewDLmZPS+vAnlqTcVKo4ooKMfKzwUk/WWqtB+pZyy3iS8Z1kfx" \
    "0dlQUm0wmD83GZkBlJ241ru337laW/RReodY4RLK2oSSRy8heyMBgSfxxPjh6kihz4p+DW" \
    "h1AHg2vLcHc0i+KxE0aktIlJE4Hk2dom+THTTLLbE7y6Vp7KzIAhVl8P4gh2UuXBvnjUIg" \
    "h/acUS0vewPEU0Wp1UesYMDviemfAzh5ENiJ+M/NpIkWL7vaSh81VjQ8Ud1Nal3KzmZwx+" \
    "JH3fQvnM4Mm+GiM+/tTjVL7n5d3gmKkVYbW42v/kbAg6fK4GAoFhjz1NbmdFG2BwQkc+kS" \
    "arB53MKA5RujABUCfrd+zwrLFkO9R4yFHDkvIWTRf9sq6lEIsTueqhIyrK18y1E+6T9+AJ" \
    "QT4enMbFAH\",\"nonce\":\"2dbfa9c5eb94\",\"associated_data\":\"certificate\"}}]}"
#define ALI_PAGE_QUERY \
    "method=alipay.trade.page.pay&app_id=2021000000000000&charset=utf-8&ver" \
    "sion=1.0&sign_type=RSA2&timestamp=2026-11-22+10%3A09%3A28&notify_url=h" \
    "ttps%3A%2F%2Ft.example%2Fhooks%2Falipay%2Ftea&return_url=https%3A%2F%2" \
    "Ft.example%2Fo%2F1%3Fx%3Da+b%26y%3D%25&sign=NepkH7VmXa6taXXoNAUHXiM%2B" \
    "y0x3bhqXbcXYdNdjueml4qUPpmucwiGknUe3PqRbEI8Nv1Qkm%2Fm%2BWfq1VjePCL62Bx" \
    "MwliuUeh%2F9QlA%2B9Duff8QD%2B5Rb0qtDLgQ8JPBOfcybcQSPxswQMBenWFpI7Cn84g" \
    "NmRBW6tkpiscTJs6Z7EkiXAG%2BFmLO%2BvZB0FJHlHd3eBQ2EdSDZD%2FJUof8xHL1Tsm" \
    "nTwE6RbtlCUPmHUek41K15NEES8107sdEEYPqmQf%2FsnbmNuDe0QPTy9gkKicdMJ%2FDw" \
    "LHkKIs1kaN4R80I1VJw2cvVPiGFQL0foWZidp3tc4nc%2BhyIAmUAVqE1H%2FQ%3D%3D&a" \
    "lipay_sdk=alipay-sdk-nodejs-4.0.0&biz_content=%7B%22out_trade_no%22%3A" \
    "%2201JDA0000000000000000000XY%22%2C%22total_amount%22%3A%2299.00%22%2C" \
    "%22subject%22%3A%22%E8%8C%B6%E7%9A%84%E6%98%9F%E7%90%83%EF%BC%9A%E4%BC" \
    "%9A%E5%91%98%20%5C%22%E4%B8%80%E5%B9%B4%5C%22%20%26%20more%22%2C%22pro" \
    "duct_code%22%3A%22FAST_INSTANT_TRADE_PAY%22%7D"
#define ALI_NOTICE \
    "gmt_create=2026-11-21+19%3A25%3A00&charset=utf-8&seller_email=a%2Bb%40" \
    "t.example&subject=%E8%8C%B6%E7%9A%84%E6%98%9F%E7%90%83+100%25+%26+%22%" \
    "E4%BC%9A%E5%91%98%22&buyer_id=2088102116773037&invoice_amount=99.00&no" \
    "tify_id=2026112100222192501073037&fund_bill_list=%5B%7B%22amount%22%3A" \
    "%2299.00%22%2C%22fundChannel%22%3A%22ALIPAYACCOUNT%22%7D%5D&notify_typ" \
    "e=trade_status_sync&trade_status=TRADE_SUCCESS&receipt_amount=99.00&ap" \
    "p_id=2021000000000000&seller_id=2088102119685838&gmt_payment=2026-11-2" \
    "1+19%3A25%3A01&notify_time=2026-11-21+19%3A25%3A02&version=1.0&out_tra" \
    "de_no=01JDA0000000000000000000XY&total_amount=99.00&trade_no=202611212" \
    "2001473031000000001&auth_app_id=2021000000000000&passback_params=&poin" \
    "t_amount=0.00&sign_type=RSA2&sign=qK2Rt2wHu0Ju9anRAwh9sL6Gt3xAdkcv%2B8" \
    "VEceqx1IsgrjRkXiEQPyKSkvGM3qGmpD%2BrX8xwxZMLTPcbUkMn1hRT6d%2B52jl6XY9I" \
    "FfrXCfy050ypWlYaNjuW1BOumbWmI68K%2BDGuuIgS56eGR%2BF74PX9K4Web7BaOPPMor" \
    "0K5cdzoH0G0rnTBnsRF%2Blr3BkgKF3Ok92DzPXakZ9h6xH7AMbhhSJczRPLKcJP8FuSkr" \
    "tqunPb7mXlcT5jjNBeQ9qxEt5cSGz%2FGc%2BuQNjkhCX7twu3lSICOZOxvbcdr%2BUfNA" \
    "48V1K0LRQYGOVOYJu%2FA8x%2BQvtnXSa32veq2WIGGFrIDA%3D%3D"
#define ALI_NOTICE_TYPED \
    "gmt_create=2026-11-21+19%3A25%3A00&charset=utf-8&seller_email=a%2Bb%40" \
    "t.example&subject=%E8%8C%B6%E7%9A%84%E6%98%9F%E7%90%83+100%25+%26+%22%" \
    "E4%BC%9A%E5%91%98%22&buyer_id=2088102116773037&invoice_amount=99.00&no" \
    "tify_id=2026112100222192501073037&fund_bill_list=%5B%7B%22amount%22%3A" \
    "%2299.00%22%2C%22fundChannel%22%3A%22ALIPAYACCOUNT%22%7D%5D&notify_typ" \
    "e=trade_status_sync&trade_status=TRADE_SUCCESS&receipt_amount=99.00&ap" \
    "p_id=2021000000000000&seller_id=2088102119685838&gmt_payment=2026-11-2" \
    "1+19%3A25%3A01&notify_time=2026-11-21+19%3A25%3A02&version=1.0&out_tra" \
    "de_no=01JDA0000000000000000000XY&total_amount=99.00&trade_no=202611212" \
    "2001473031000000001&auth_app_id=2021000000000000&passback_params=&poin" \
    "t_amount=0.00&sign_type=RSA2&sign=pnpHat8Yl5oxTOVoqtPo7Od7IrYkqcnUmO9U" \
    "CdAAa%2B7Fvbx4Icw04TOdwUypYloJeP%2FK203WcMUAdWK6h0tkCY8iSXkyoc0DqfkrHV" \
    "%2Bue6O5RcJG4WiZPK9Ih01kiBHS%2Fuky1BjRqfnb6lZ%2FHDQVLrX5qSw4PQyQHYqTZb" \
    "Z8%2B2xVLjrN2FIRme1sgDmAhJ%2Bga5fFEqHtxO4MTtOzx%2FT1mO97JbNkwgMi9I1OqC" \
    "pAEAsjodapUQQnKNQmGqj8jQI%2BI7YBtthFi7Q6y2U1z78FtuFfR6z3BhxZSM84ghnTVK" \
    "6MpYgXRfI2thFle8XKj3TipF7kYaD04k4fAPF6mVeS3A%3D%3D"
#define ALI_ANSWER \
    "{\"alipay_trade_query_response\":{\"code\":\"10000\",\"msg\":\"Success\",\"buyer_" \
    "logon_id\":\"ali***@t.example\",\"out_trade_no\":\"01JDA0000000000000000000X" \
    "Y\",\"send_pay_date\":\"2026-11-21 19:25:01\",\"total_amount\":\"99.00\",\"trade" \
    "_no\":\"2026112122001473031000000001\",\"trade_status\":\"TRADE_SUCCESS\",\"bo" \
    "dy\":\"a \\\"sign\\\": },{\\/\"},\"sign\":\"WUPYlR+Sjy2wT/dOCjqc2A2ilM1oK0Tm+nFDs" \
    "4TTDfuGC2sxrf9elNfXBdbEz3TdUEE+N+TRsPgfZ0rKqk4tk1aQjZMmYmn52P7GzqsJZma" \
    "Zk4vupAz+fKVbt/jH+4HKcIftWZPdCAuoIaewHIbOz6xk4z1d2krEu0XGEYrBxr0dGInhu" \
    "vJhLHIV9LcKxoZ6Skh76yl0aIy8ISLGmciH3IfEFSwZzry9/+W+Oa7rXi4yc2EuldqpMjo" \
    "JbDnsQZMrVwv+WOzJveYndoh00rzk/Lt7pUHJI0lI9/9kJ7hQ0Ynz91+yZFbljHK45IVfU" \
    "yhEVaT9zac9bODfTwIUWpYdqw==\"}"
#define ALI_ERROR \
    "{\"error_response\":{\"code\":\"40004\",\"msg\":\"Business Failed\",\"sub_code\":\"" \
    "ACQ.TRADE_NOT_EXIST\",\"sub_msg\":\"交易不存在\"},\"sign\":\"qKCK29DI7BBl5YyFt47FnR" \
    "BG8yrofYJPxz3LlwIBK5qIyovlQ8HBttsSGcCSYyIbkQYuY55GVaL1vpRgk2UHOHIo8n51" \
    "/WFuU7SUmcHtnaEFtEU7DvaL++xKAjeDDrcDzpy5QBS8g01RBUQBoLd1mZ9k8x5zGlzi5g" \
    "mmOcnocX3ZNHFfAxe0OQUiX8EFrmuMhUX4OJdOrIJtUOOEDk8oOuSFTVVdhe/57/kskFgD" \
    "8+5mf6qlbXv/1IYoPLZvS00Uw+C96iJ8t//CWQM/zWtMcSOP07a2ztLAfttortj7dAVQXN" \
    "8PkT8jVu5jZ7KFtVJ6y65gnAj1drG78Xwo0OOGdA==\"}"

#endif
