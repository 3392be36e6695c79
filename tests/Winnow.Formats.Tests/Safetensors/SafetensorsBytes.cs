using System;
using System.Text;
using Winnow.Formats.Safetensors;

namespace Winnow.Formats.Tests.Safetensors;

/// <summary>Makes safetensors bytes by hand, wrong ones as well, without any code of the product.</summary>
internal static class SafetensorsBytes
{
    public static byte[] Make(string json, int dataBytes, ulong? headerBytes = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        var data = new byte[dataBytes];
        for (int i = 0; i < dataBytes; i++)
        {
            data[i] = (byte)i;
        }

        return [.. BitConverter.GetBytes(headerBytes ?? (ulong)text.Length), .. text, .. data];
    }

    public static SafetensorsFile Open(byte[] bytes) => SafetensorsFile.OpenSingle(new MemoryByteSource("test.safetensors", bytes));
}
