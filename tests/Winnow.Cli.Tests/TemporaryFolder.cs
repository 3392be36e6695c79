using System;
using System.IO;

namespace Winnow.Cli;

/// <summary>A folder that is gone when the test is.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("winnow-cli-");

    public string Root => _folder.FullName;

    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>A copy of the bundled model's folder.</summary>
    public string CopyOfBundledModel(string name)
    {
        string copy = this[name];
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.EnumerateFiles(Commands.ModelOption.BundledPath))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
