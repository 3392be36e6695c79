using System;
using System.IO;
using NUnit.Framework;

namespace Winnow.TestSupport;

/// <summary>Finds the reference models and expected results that lie beside the repository, not in it.</summary>
internal static class SharedFiles
{
    /// <summary>The repository's root: the folder that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The full path of a file or folder under <c>../shared</c>; skips the test, with the reason, where it is absent.</summary>
    public static string Require(string relativePath)
    {
        string path = Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", relativePath));
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            Assert.Ignore($"../shared/{relativePath} is not beside this checkout");
        }

        return path;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Runtime.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"Runtime.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
