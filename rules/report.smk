# The audit of the report: published beside reproduced, every claim with a verdict.
#   needs: the figures, tables and numbers of the experiments that config.yaml's `report` names; their claims
#          (config/claims), published numbers (config/published), and prose and captions
#          (workflow/report)
#   steps: report_tests for each experiment -> report_verdicts for each, with the tests of all as one family;
#          report_overview, report_multiverse, report_calibration, report_worlds, report_notebooks -> report_content -> report_html and report_pdf
#   makes: results/<run>/<experiment>/tables/{verdicts,tests}.*, results/<run>/report/report.{html,pdf} and
#          tables/notebooks.*

REPORTED = config["report"]
PLANTED = ["vae", "clip", "gan"]  # experiments of the worlds in archdyn/calibration/worlds.py
REPORT_RESULTS = [
    *[file for experiment in plan.reported() for file in experiment.results()],
    *expand("<results>/{experiment}/tables/verdicts.csv", experiment=REPORTED),
]


localrules:
    report_tests,
    report_verdicts,
    report_notebooks,
    report_overview,
    report_multiverse,
    report_calibration,
    report_worlds,
    report_content,
    report_html,
    report_pdf,


rule report:
    """The audit of every experiment that the config names, as a page and as a paper."""
    input:
        "<results>/report/report.html",
        "<results>/report/report.pdf",


rule report_tests:
    """Measure what the claims about an experiment rest on: its part of the family of tests."""
    input:
        claims=shipped("config/claims/{experiment}.yaml"),
        published=shipped("config/published/{experiment}.yaml"),
        metrics="<results>/{experiment}/metrics/all.csv",
        images=lambda w: plan.experiment(w.experiment).images,
    output:
        p_values="<results>/{experiment}/metrics/p_values.csv",
        provenance="<results>/{experiment}/metrics/p_values.provenance.json",
    log:
        "<logs>/report_tests/{experiment}.log",
    benchmark:
        "<benchmarks>/report_tests/{experiment}.tsv"
    conda:
        "../envs/report.yaml"
    params:
        untestable=lambda w: plan.experiment(w.experiment).untestable(),
        code=plan.code("report_tests"),
    script:
        "../workflow/scripts/report_tests.py"


rule report_verdicts:
    """Decide every claim of the report about an experiment from its numbers."""
    input:
        claims=shipped("config/claims/{experiment}.yaml"),
        published=shipped("config/published/{experiment}.yaml"),
        metrics="<results>/{experiment}/metrics/all.csv",
        images=lambda w: plan.experiment(w.experiment).images,
        seals=lambda w: plan.experiment(w.experiment).seals,
        curves=lambda w: list(plan.experiment(w.experiment).curves().values()),
        data="<results>/{experiment}/metrics/summary.provenance.json",
        family=lambda w: [
            filled(rules.report_tests.output.p_values, experiment=name) for name in sorted({*REPORTED, w.experiment})
        ],
    output:
        **table_files("<results>/{experiment}/tables/verdicts"),
        tests="<results>/{experiment}/tables/tests.csv",
    log:
        "<logs>/report_verdicts/{experiment}.log",
    benchmark:
        "<benchmarks>/report_verdicts/{experiment}.tsv"
    conda:
        "../envs/report.yaml"
    params:
        run=plan.run,
        untestable=lambda w: plan.experiment(w.experiment).untestable(),
        curves=lambda w: list(plan.experiment(w.experiment).curves()),
        label=lambda w: plan.experiment(w.experiment).label(),
        caption=caption("verdicts"),
        code=plan.code("report_verdicts"),
    script:
        "../workflow/scripts/report_verdicts.py"


rule report_notebooks:
    """Set what the report's saved notebooks printed beside what it published."""
    input:
        cells=shipped("config/published/notebooks.yaml"),
        published=[experiment.published for experiment in plan.experiments()],
    output:
        **table_files("<results>/report/tables/notebooks"),
    log:
        "<logs>/report_notebooks/notebooks.log",
    benchmark:
        "<benchmarks>/report_notebooks/notebooks.tsv"
    conda:
        "../envs/report.yaml"
    params:
        label="Notebooks as saved in the report's repository",
        caption=caption("notebooks"),
        code=plan.code("report_notebooks"),
    script:
        "../workflow/scripts/report_notebooks.py"


rule report_overview:
    """All tests of all claims in one figure, and in a panel."""
    input:
        tests=expand("<results>/{experiment}/tables/tests.csv", experiment=REPORTED),
        verdicts=expand("<results>/{experiment}/tables/verdicts.csv", experiment=REPORTED),
    output:
        pdf="<results>/report/figures/overview.pdf",
        png="<results>/report/figures/overview.png",
        dark="<results>/report/figures/overview.dark.png",
        panel="<results>/report/panels/overview.json",
        provenance="<results>/report/figures/overview.provenance.json",
    log:
        "<logs>/report_overview/overview.log",
    benchmark:
        "<benchmarks>/report_overview/overview.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=f"{plan.run} scale",
        code=plan.code("report_overview"),
    script:
        "../workflow/scripts/report_overview.py"


rule report_multiverse:
    """Draw how often the verdict on each claim stands, over the choices of its analyst."""
    input:
        verdicts=expand("<results>/{experiment}/tables/verdicts.csv", experiment=REPORTED),
    output:
        **figure_files("<results>/report/figures/multiverse"),
    log:
        "<logs>/report_multiverse/multiverse.log",
    benchmark:
        "<benchmarks>/report_multiverse/multiverse.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        label=f"{plan.run} scale",
        caption=caption("multiverse"),
        code=plan.code("report_multiverse"),
    script:
        "../workflow/scripts/report_multiverse.py"


rule report_calibration:
    """Repeat every test of the run with its effect set: how often it is wrong, and what it sees."""
    input:
        tests=expand("<results>/{experiment}/tables/tests.csv", experiment=REPORTED),
    output:
        **table_files("<results>/report/tables/calibration"),
        tests="<results>/report/tables/calibrated_tests.csv",
    log:
        "<logs>/report_calibration/calibration.log",
    benchmark:
        "<benchmarks>/report_calibration/calibration.tsv"
    conda:
        "../envs/report.yaml"
    params:
        repetitions=300,
        seed=0,
        label=f"{plan.run} scale · {', '.join(REPORTED)}",
        caption=caption("calibration"),
        code=plan.code("report_calibration"),
    script:
        "../workflow/scripts/report_calibration.py"


rule report_worlds:
    """Judge claims in worlds where the truth is known, by their own rules."""
    input:
        claims=[shipped(f"config/claims/{experiment}.yaml") for experiment in PLANTED],
        published=[shipped(f"config/published/{experiment}.yaml") for experiment in PLANTED],
    output:
        **table_files("<results>/report/tables/worlds"),
    log:
        "<logs>/report_worlds/worlds.log",
    benchmark:
        "<benchmarks>/report_worlds/worlds.tsv"
    conda:
        "../envs/analysis.yaml"
    params:
        repetitions=10,
        seed=0,
        label=f"{plan.run} scale · simulated arrays",
        caption=caption("worlds"),
        code=plan.code("report_worlds"),
    script:
        "../workflow/scripts/report_worlds.py"


rule report_content:
    """Gather prose, verdicts, tables, figures and where each is from."""
    input:
        results=REPORT_RESULTS,
        summaries=expand("<results>/{experiment}/metrics/summary.csv", experiment=REPORTED),
        published=[experiment.published for experiment in plan.reported()],
        prose=[shipped(f"workflow/report/{experiment}/prose.md") for experiment in REPORTED],
        designs=shipped("workflow/report/designs/prose.md"),
        effects=[
            file for experiment in plan.reported() for file in experiment.designs.effects(experiment.designs.audited())
        ],
        introduction=shipped("workflow/report/introduction.md"),
        notebooks=rules.report_notebooks.output.csv,
        multiverse=rules.report_multiverse.output.png,
        calibration=rules.report_calibration.output.csv,
        worlds=rules.report_worlds.output.csv,
        appendices=[shipped("workflow/report/inference.md"), shipped("workflow/report/notebooks.md")],
        references=shipped("workflow/report/references.yaml"),
        citation=shipped("CITATION.cff"),
        claims=[shipped(f"config/claims/{experiment}.yaml") for experiment in REPORTED],
        seals=[file for experiment in plan.reported() for file in experiment.seals],
    output:
        content="<results>/report/content.json",
        settings="<results>/report/settings.json",
        provenance="<results>/report/content.provenance.json",
    log:
        "<logs>/report_content/content.log",
    benchmark:
        "<benchmarks>/report_content/content.tsv"
    conda:
        "../envs/report.yaml"
    params:
        run=plan.run,
        overview=caption("overview"),
        settings={experiment.name: experiment.settings_by_condition() for experiment in plan.reported()},
        about={experiment.name: experiment.about() for experiment in plan.reported()},
        code=plan.code("report_content"),
    script:
        "../workflow/scripts/report_content.py"


rule report_html:
    """The audit as one page that opens offline."""
    input:
        results=REPORT_RESULTS,
        content=rules.report_content.output.content,
        settings=rules.report_content.output.settings,
        overview=rules.report_overview.output.panel,
        template=shipped("workflow/report/page.html"),
        style=shipped("workflow/report/page.css"),
        behaviour=shipped("workflow/report/page.js"),
    output:
        html=audit_file("<results>/report/report.html", "page"),
        provenance="<results>/report/report_html.provenance.json",
    log:
        "<logs>/report_html/report.log",
    benchmark:
        "<benchmarks>/report_html/report.tsv"
    conda:
        "../envs/report.yaml"
    params:
        code=plan.code("report_html"),
    script:
        "../workflow/scripts/report_html.py"


rule report_pdf:
    """The audit as a short paper."""
    input:
        results=REPORT_RESULTS,
        content=rules.report_content.output.content,
        overview=rules.report_overview.output.pdf,
        references=shipped("workflow/report/references.yaml"),
        template=shipped("workflow/report/paper.typ"),
    output:
        pdf=audit_file("<results>/report/report.pdf", "paper"),
        provenance="<results>/report/report_pdf.provenance.json",
    log:
        "<logs>/report_pdf/report.log",
    benchmark:
        "<benchmarks>/report_pdf/report.tsv"
    conda:
        "../envs/report.yaml"
    params:
        code=plan.code("report_pdf"),
    script:
        "../workflow/scripts/report_pdf.py"
