using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace Winnow.Architecture;

/// <summary>References between assemblies point one way: as the arrows in docs/design.md, section 1, show.</summary>
public sealed class LayerTests
{
    private static readonly Dictionary<string, string[]> Arrows = ReadArrows();

    public static IEnumerable<string> Projects() => Repository.SourceProjects();

    [TestCaseSource(nameof(Projects))]
    public void Assembly_ReferencesOnlyWhatItsArrowsReach(string project)
    {
        Assert.That(Arrows, Contains.Key(project), "docs/design.md, section 1, has no row for this project");
        HashSet<string> allowed = Reach(project);

        IEnumerable<string> built = Repository.Load(project).GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name == "Winnow" || name.StartsWith("Winnow.", StringComparison.Ordinal));

        Assert.That(built.Except(allowed), Is.Empty, "references against the arrows of docs/design.md");
    }

    [TestCaseSource(nameof(Projects))]
    public void Project_ReferencesOnlyWhatItsArrowsReach(string project)
    {
        XDocument file = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
        IEnumerable<string> declared = file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.That(declared.Except(Reach(project)), Is.Empty, "references against the arrows of docs/design.md");
    }

    [Test]
    public void Arrows_HaveNoCycle()
    {
        foreach (string project in Arrows.Keys)
        {
            Assert.That(Reach(project), Does.Not.Contain(project));
        }
    }

    [Test]
    public void Solution_HoldsEveryProject()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "Runtime.sln")).Replace('\\', '/');
        IEnumerable<string> projects = new[] { "src", "tests", "bench", "interop" }
            .SelectMany(folder => Repository.Sources(folder, ".csproj"));

        Assert.That(projects.Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal)), Is.Empty);
    }

    private static HashSet<string> Reach(string project)
    {
        HashSet<string> reached = [];
        Stack<string> open = new(Arrows[project]);
        while (open.TryPop(out string? next))
        {
            if (reached.Add(next))
            {
                foreach (string target in Arrows[next])
                {
                    open.Push(target);
                }
            }
        }

        return reached;
    }

    /// <summary>Rows of the form <c>src/Winnow.Kernels   what it is   -> Gpu</c>; "all of the above" means every row before.</summary>
    private static Dictionary<string, string[]> ReadArrows()
    {
        Dictionary<string, string[]> arrows = new(StringComparer.Ordinal);
        foreach (string line in Repository.Lines("docs/design.md"))
        {
            Match row = Regex.Match(line, @"^src/(?<name>[\w.]+) .*-> (?<targets>.+)$");
            if (row.Success)
            {
                string targets = row.Groups["targets"].Value.Trim();
                arrows.Add(row.Groups["name"].Value, targets switch
                {
                    "(nothing)" => [],
                    "all of the above" => [.. arrows.Keys],
                    _ => [.. targets.Split(", ").Select(name => name == "Winnow" ? name : "Winnow." + name)],
                });
            }
        }

        return arrows;
    }
}
