using System;
using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;

namespace Winnow.Gpu.Native;

/// <summary>
/// NVRTC puts the working folder before the names of sources in line information. Taking it away again makes the same source give the same
/// PTX everywhere, and messages that name the file as the caller does.
/// </summary>
internal static partial class PtxFileNames
{
    /// <summary>Replaces the path of every <c>.file</c> directive that ends in one of the names by that name.</summary>
    public static byte[] Shorten(byte[] ptx, IReadOnlyCollection<string> names) =>
        Encoding.UTF8.GetBytes(Directive().Replace(Encoding.UTF8.GetString(ptx), match => match.Groups["head"].Value + Shorten(match.Groups["path"].Value, names)));

    private static string Shorten(string path, IReadOnlyCollection<string> names)
    {
        string plain = path.Replace(@"\\", "/", StringComparison.Ordinal).Replace('\\', '/');
        foreach (string name in names)
        {
            if (plain.EndsWith('/' + name, StringComparison.Ordinal))
            {
                return name;
            }
        }

        return path;
    }

    [GeneratedRegex("""(?<head>^\s*\.file\s+\d+\s+")(?<path>[^"\r\n]+)""", RegexOptions.Multiline)]
    private static partial Regex Directive();
}
